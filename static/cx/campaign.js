// Shows of a campaign's form only what the chosen kind needs. Without this script everything is shown, with headings.
document.addEventListener("DOMContentLoaded", () => {
  const kinds = document.querySelectorAll('input[name="kind"]');
  const parts = [...document.querySelectorAll('fieldset[class*="cx-kind-"]')];
  if (!kinds.length || !parts.length) return;
  const show = () => {
    const chosen = document.querySelector('input[name="kind"]:checked');
    for (const part of parts) {
      const isWrong = part.querySelector(".errorlist, [aria-invalid=true]");
      part.hidden = !isWrong && Boolean(chosen) && !part.classList.contains(`cx-kind-${chosen.value}`);
    }
  };
  // What was folded away and is not as it should be is opened.
  for (const wrong of document.querySelectorAll("fieldset details .errorlist")) wrong.closest("details").open = true;
  kinds.forEach((kind) => kind.addEventListener("change", show));
  show();
});
