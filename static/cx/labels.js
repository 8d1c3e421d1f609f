// A cell's label on a phone is the head of its column, and begins with a capital letter as that does.
for (const cell of document.querySelectorAll("#result_list [data-label]")) {
  const label = cell.dataset.label.trim();
  cell.dataset.label = label.slice(0, 1).toLocaleUpperCase(document.documentElement.lang) + label.slice(1);
}

// In a table of rows to fill in, the head of the column is the name of each field, for those who hear the page, too.
for (const cell of document.querySelectorAll(".inline-group td[data-label], .inline-related td[data-label]")) {
  for (const field of cell.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!field.labels?.length && !field.ariaLabel) field.ariaLabel = cell.dataset.label.trim();
  }
}

// select2 calls its boxes after what is chosen in them, and an empty one after nothing: the field's own name comes first.
const namedBoxes = new WeakSet();

function nameBox(select) {
  const box = select.nextElementSibling;
  const label = select.labels?.[0];
  if (!box?.classList.contains("select2") || namedBoxes.has(box) || !(label || select.ariaLabel)) return;
  namedBoxes.add(box);
  if (label && !label.id) label.id = `label-of-${select.id}`;
  const chosen = box.querySelector(".select2-selection__rendered");
  for (const part of box.querySelectorAll(".select2-selection, .select2-selection__rendered[role], .select2-search__field")) {
    part.removeAttribute("aria-labelledby");
    if (!label) part.ariaLabel = select.ariaLabel;
    else if (part.matches(".select2-selection") && chosen?.id) part.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
    else part.setAttribute("aria-labelledby", label.id);
  }
}

const nameBoxes = () => document.querySelectorAll("select.select2-hidden-accessible").forEach(nameBox);
const content = document.querySelector("#content");
if (content) new MutationObserver(nameBoxes).observe(content, { childList: true, subtree: true });
nameBoxes();
