// The inbox by keyboard: j and k move, Enter opens (it is a link), t takes. On one follow-up: j next, k previous, t take.
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable], dialog, [role=dialog]");

function step(rows, by) {
  const links = [...rows].map((row) => row.querySelector("a"));
  const here = [...rows].findIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? 0 : Math.min(Math.max(here + by, 0), links.length - 1);
  links[next]?.focus();
}

function take() {
  const row = document.activeElement.closest("[data-fu-row]");
  const page = document.querySelector("[data-fu-detail]");
  (row ?? page)?.querySelector("[data-fu-take]")?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const rows = document.querySelectorAll("[data-fu-row]");
  const keys = {
    j: () => (rows.length ? step(rows, 1) : document.querySelector("[data-fu-next]")?.click()),
    k: () => (rows.length ? step(rows, -1) : document.querySelector("[data-fu-prev]")?.click()),
    t: take,
  };
  keys[event.key]?.();
});
