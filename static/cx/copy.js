// Buttons that copy a field: <button data-copy="id of the field" data-copied="Copied">. Where the browser keeps its
// clipboard closed, the field's text is selected, ready for the keyboard.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return;
  }
  const words = button.textContent;
  button.textContent = button.dataset.copied;
  button.setAttribute("aria-live", "polite");
  setTimeout(() => (button.textContent = words), 2000);
});
