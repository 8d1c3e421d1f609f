// A cell's label on a phone is the head of its column, and begins with a capital letter as that does.
for (const cell of document.querySelectorAll("#result_list [data-label]")) {
  const label = cell.dataset.label.trim();
  cell.dataset.label = label.slice(0, 1).toLocaleUpperCase(document.documentElement.lang) + label.slice(1);
}
