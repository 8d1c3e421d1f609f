// Of a text in several languages one is shown at a time, the same in all fields of the page. Without this script, and
// where something is wrong with a text, all stand side by side.
document.addEventListener("DOMContentLoaded", () => {
  const fields = [...document.querySelectorAll(".cx-texts")].filter(
    (field) => !field.closest(".field-line, .cx-field")?.querySelector(".errorlist"),
  );
  if (!fields.length) return;
  const show = (chosen) => {
    for (const field of fields) {
      field.classList.toggle("cx-texts-chosen", chosen !== "");
      for (const one of field.querySelectorAll(".cx-texts-one")) {
        one.hidden = chosen !== "" && one.dataset.language !== chosen;
      }
      for (const button of field.querySelectorAll(".cx-texts-languages button")) {
        button.setAttribute("aria-pressed", String(button.dataset.language === chosen));
      }
    }
  };
  const switchTo = (button) => {
    const before = button.getBoundingClientRect().top;
    show(button.dataset.language);
    // Fields above grew or shrank; what was pressed stays below the finger.
    window.scrollBy({ top: button.getBoundingClientRect().top - before, behavior: "instant" });
  };
  for (const field of fields) {
    const group = document.createElement("div");
    group.className = "cx-texts-languages";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", field.dataset.languages);
    const offered = [...field.querySelectorAll(".cx-texts-one")].map((one) => {
      const button = document.createElement("button");
      const text = one.querySelector("textarea");
      const mark = () => button.classList.toggle("cx-texts-written", text.value.trim() !== "");
      button.dataset.language = one.dataset.language;
      button.append(one.querySelector("bdi").cloneNode(true));
      if (one.querySelector(".cx-badge")) button.classList.add("cx-texts-missing");
      text.addEventListener("input", mark);
      mark();
      return button;
    });
    const all = document.createElement("button");
    all.dataset.language = "";
    all.textContent = field.dataset.all;
    for (const button of [...offered, all]) {
      button.type = "button";
      button.addEventListener("click", () => switchTo(button));
      group.append(button);
    }
    field.prepend(group);
  }
  const own = document.documentElement.lang.toLowerCase();
  const written = [...fields[0].querySelectorAll(".cx-texts-one")].map((one) => one.dataset.language);
  show(written.includes(own) ? own : written[0]);
});
