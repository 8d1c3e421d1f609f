// The inbox by keyboard: j and k move, Enter opens (it is a link), t takes, x chooses. On one follow-up: j next, k previous,
// t take, r write to the customer, s let it wait, e end it.
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable], dialog, [role=dialog]");

const FORMS = { r: "[data-fu-reply]", s: "#wait select, #wait input:not([type=hidden])", e: "#resolve select" };

function step(rows, by) {
  const here = [...rows].findIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? 0 : Math.min(Math.max(here + by, 0), rows.length - 1);
  return rows[next].querySelector("a");
}

function aim(key) {
  const rows = document.querySelectorAll("[data-fu-row]");
  if (key === "j") return rows.length ? step(rows, 1) : document.querySelector("[data-fu-next]");
  if (key === "k") return rows.length ? step(rows, -1) : document.querySelector("[data-fu-prev]");
  if (key === "t") {
    const place = document.activeElement.closest("[data-fu-row]") ?? document.querySelector("[data-fu-detail]");
    return place?.querySelector("[data-fu-take]");
  }
  if (key in FORMS) return document.querySelector(FORMS[key]);
  if (key === "x") return document.activeElement.closest("[data-fu-row]")?.querySelector("[name=chosen]");
  return null;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const target = aim(event.key);
  if (!target) return;
  event.preventDefault();
  event.stopPropagation(); // the search box of the sidebar listens for "t" too
  if (event.key in FORMS) {
    target.closest("details").open = true;
    target.focus();
  } else if (target.closest("[data-fu-row]") && !"tx".includes(event.key)) target.focus();
  else target.click();
});

// What is chosen for one step: only the field that it needs is shown, and all rows can be chosen at once.
function dressBulk() {
  const form = document.querySelector("#fu-bulk");
  if (!form) return;
  form.querySelector("[data-fu-all]").hidden = false;
  for (const field of form.querySelectorAll("[data-fu-for]")) field.hidden = field.dataset.fuFor !== form.what.value;
}

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-fu-all]")) {
    for (const box of document.querySelectorAll("[name=chosen]")) box.checked = event.target.checked;
  }
  if (event.target.closest("#fu-bulk")) dressBulk();
});
document.addEventListener("htmx:afterSettle", dressBulk);
dressBulk();
