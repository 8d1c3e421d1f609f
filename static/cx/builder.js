// The survey builder. Every change is posted by htmx; what comes back renews the heads of the cards (out of band) and an
// event "builder" with their order. The fields people type in are never replaced.
const root = document.getElementById("bu");
const words = JSON.parse(document.getElementById("bu-words").textContent);
const list = document.getElementById("bu-questions");
const kinds = document.getElementById("bu-kinds");
const sure = document.getElementById("bu-sure");
const NO_VALUE = new Set(["answered", "not_answered", "is_set", "is_not_set"]);
const PHONE = 390;
const DESKTOP = 1100;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const icon = (name) => make("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, name);
const told = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

// --- Cards ------------------------------------------------------------------------------------------------
const cardOf = (element) => element.closest("[data-bu-question]");
const opener = (card) => card.querySelector("[data-bu-open]");
const editorOf = (card) => card.querySelector(".bu-editor");
const isWrong = (card) => Boolean(editorOf(card).querySelector("[aria-invalid=true]"));
const isOpen = (card) => Boolean(editorOf(card).firstElementChild) && !editorOf(card).hidden;

// The fields are fetched anew, behind all that is still being saved; but what could not be saved stays as it was typed.
function open(card) {
  if (isWrong(card)) return reveal(card);
  card.dataset.buOpening = "";
  htmx.ajax("GET", opener(card).dataset.buOpen, { source: opener(card), target: editorOf(card), swap: "innerHTML" });
}

function reveal(card) {
  delete card.dataset.buOpening;
  editorOf(card).hidden = false;
  opener(card).setAttribute("aria-expanded", "true");
  editorOf(card).querySelector("textarea:not(:disabled)")?.focus();
  preview.turnTo(card.querySelector("[data-bu-page]").dataset.buPage);
}

// Hidden, not thrown away: its last words may still be on their way.
function close(card) {
  opener(card).setAttribute("aria-expanded", "false");
  opener(card).focus();
  editorOf(card).hidden = true;
}

function grow(within) {
  within.querySelectorAll("[data-bu-condition]").forEach((box) => box.dataset.buDrawn || new Condition(box));
}

function arrange({ order, pages, languages, saved }) {
  const focused = document.activeElement?.id;
  const cards = new Map([...list.querySelectorAll("[data-bu-question]")].map((card) => [Number(card.dataset.buQuestion), card]));
  for (const [pk, card] of cards) if (!order.includes(pk)) forget(card);
  order.forEach((pk, place) => {
    const card = cards.get(pk);
    if (card && list.children[place] !== card) list.insertBefore(card, list.children[place] ?? null);
  });
  for (const card of list.children) opener(card).setAttribute("aria-expanded", String(isOpen(card)));
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
  mark();
  preview.offer(pages, languages);
  if (saved) preview.show();
}

function forget(card) {
  const near = card.nextElementSibling ?? card.previousElementSibling;
  const hadFocus = card.contains(document.activeElement) || document.activeElement === document.body;
  card.remove();
  if (hadFocus) (near ? opener(near) : root.querySelector(".bu-add [data-bu-add]"))?.focus();
}

// A field is wrong as long as a sentence stands below it.
function mark() {
  for (const problem of root.querySelectorAll(".cx-problem[id]")) {
    const wrong = problem.textContent.trim() !== "";
    root.querySelectorAll(`[aria-describedby="${problem.id}"]`).forEach((field) => {
      if (wrong) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    });
  }
}

function move(card, by) {
  card.querySelector(`#${card.id}-${by}`)?.click();
}

window.cxBuilder = {
  dropped(pk, position) {
    const up = document.getElementById(`q${pk}-up`);
    htmx.ajax("POST", up.getAttribute("hx-post"), { source: list, target: list, swap: "none", values: { position } });
  },
};

// --- Options ----------------------------------------------------------------------------------------------
function addOption(box, after = null) {
  const form = box.closest("form");
  const number = Number(form.dataset.buNext);
  form.dataset.buNext = number + 1;
  const option = box.querySelector("template").content.firstElementChild.cloneNode(true);
  option.querySelector("[type=hidden]").value = `${box.dataset.buOptions === "rows" ? "row" : "option"}-${number}`;
  if (after) after.after(option);
  else box.querySelector("ol").append(option);
  option.querySelector("input:not([type=hidden])").focus();
  told(option);
}

function moveOption(option, by, focused) {
  const other = by < 0 ? option.previousElementSibling : option.nextElementSibling;
  if (!other) return;
  if (by < 0) other.before(option);
  else other.after(option);
  focused.focus();
  told(option);
}

function removeOption(option) {
  const near = option.nextElementSibling ?? option.previousElementSibling;
  const box = option.closest("[data-bu-options]");
  option.remove();
  (near?.querySelector("input:not([type=hidden])") ?? box.querySelector("[data-bu-option-add]")).focus();
  told(box);
}

// --- Conditions: rows over the JSON of a hidden field -------------------------------------------------------
class Condition {
  constructor(box) {
    box.dataset.buDrawn = "yes";
    this.box = box.querySelector("[data-bu-rows]");
    this.field = box.querySelector("input[type=hidden]");
    this.isEnd = box.dataset.buCondition === "ends_if";
    if (this.field.closest("fieldset[disabled]")) return;
    const offer = JSON.parse(box.closest("form").querySelector("script").textContent);
    this.subjects = this.isEnd ? [...offer.own, ...offer.subjects] : offer.subjects;
    const condition = JSON.parse(this.field.value || "{}");
    [this.match, this.rows] = Condition.rowsOf(condition) ?? ["all", null];
    this.draw();
  }

  // One level of comparisons; null when there are conditions within conditions.
  static rowsOf(condition) {
    if (!Object.keys(condition).length) return ["all", []];
    if ("op" in condition) return ["all", [condition]];
    const match = condition.all ? "all" : "any";
    return condition[match]?.every((part) => "op" in part) ? [match, condition[match].map((part) => ({ ...part }))] : null;
  }

  static aboutOf(row) {
    return ["question", "attribute", "context"].find((about) => about in row);
  }

  subjectOf(row) {
    const about = Condition.aboutOf(row);
    return this.subjects.find((each) => each.about === about && each.name === row[about])
      ?? { about, name: row[about], label: row[about], group: "", ops: [row.op], values: [] };
  }

  save() {
    this.field.value = JSON.stringify(this.rows.length ? { [this.match]: this.rows } : {});
    const lacking = this.rows.some((row) => !NO_VALUE.has(row.op) && (row.value === "" || row.value == null));
    if (!lacking) told(this.field);
  }

  // Everything is drawn anew; what was touched gets the focus back.
  changed(number, part) {
    this.save();
    this.draw();
    const target = number === null ? this.box.querySelector("[data-bu-new]") : this.box.querySelectorAll("li")[number]?.querySelector(`[data-bu-part=${part}]`);
    target?.focus();
  }

  draw() {
    if (this.rows === null) {
      this.box.replaceChildren(
        make("p", {}, this.box.dataset.buSaid),
        make("p", { class: "cx-muted" }, words.nested),
        make("button", { type: "button", class: "cx-btn cx-btn-small", onclick: () => { this.rows = []; this.changed(null); } }, words.clear));
      return;
    }
    const parts = [];
    if (this.rows.length > 1) {
      parts.push(make("select", { class: "cx-input bu-match", "aria-label": words.match, onchange: (event) => { event.stopPropagation(); this.match = event.target.value; this.save(); } },
        ...["all", "any"].map((name) => new Option(words[name], name, false, name === this.match))));
    }
    parts.push(this.rows.length
      ? make("ul", { class: "bu-rows" }, ...this.rows.map((row, number) => this.row(row, number)))
      : make("p", { class: "cx-muted" }, this.isEnd ? words.never : words.always));
    parts.push(make("button", { type: "button", class: "cx-btn cx-btn-small", "data-bu-new": "", onclick: () => this.add() }, icon("add"), words.add));
    this.box.replaceChildren(...parts);
  }

  add() {
    const asked = this.subjects.filter((each) => each.about === "question");
    const subject = (this.isEnd ? asked[0] : asked.at(-1)) ?? this.subjects[0];
    this.rows.push(this.fresh(subject));
    this.changed(this.rows.length - 1, "subject");
  }

  fresh(subject) {
    const row = { [subject.about]: subject.name, op: subject.ops[0] };
    this.setOp(row, row.op, subject);
    return row;
  }

  valuesFor(op, subject) {
    return op === "band" ? Object.entries(words.bands) : subject.values;
  }

  // With what was chosen once and is offered no more: nobody reads another value than the one that is kept.
  choicesFor(row, values) {
    const isOffered = !row.value || values.some(([value]) => String(value) === String(row.value));
    return isOffered ? values : [...values, [row.value, row.value]];
  }

  setOp(row, op, subject) {
    const values = this.valuesFor(op, subject);
    row.op = op;
    if (NO_VALUE.has(op)) delete row.value;
    else if (!values.some(([value]) => value === row.value)) row.value = values.length ? values[0][0] : "";
  }

  row(row, number) {
    const subject = this.subjectOf(row);
    const parts = [this.subjectSelect(row, number, subject), this.opSelect(row, number, subject)];
    if (!NO_VALUE.has(row.op)) parts.push(this.valueField(row, subject));
    parts.push(make("button", {
      type: "button", class: "bu-tool", "aria-label": words.remove, title: words.remove,
      onclick: () => { this.rows.splice(number, 1); this.changed(null); },
    }, icon("close")));
    return make("li", { class: "bu-row" }, ...parts);
  }

  subjectSelect(row, number, subject) {
    const select = make("select", {
      class: "cx-input", "aria-label": words.subject, "data-bu-part": "subject",
      onchange: (event) => { event.stopPropagation(); this.rows[number] = this.fresh(every[event.target.value]); this.changed(number, "subject"); },
    });
    const every = this.subjects.includes(subject) ? this.subjects : [subject, ...this.subjects];
    const groups = new Map();
    every.forEach((each, index) => {
      if (!groups.has(each.group)) groups.set(each.group, make("optgroup", { label: each.group }));
      groups.get(each.group).append(new Option(each.label, index, false, each === subject));
    });
    select.append(...groups.values());
    return select;
  }

  opSelect(row, number, subject) {
    return make("select", {
      class: "cx-input", "aria-label": words.comparison, "data-bu-part": "op",
      onchange: (event) => { event.stopPropagation(); this.setOp(row, event.target.value, subject); this.changed(number, "op"); },
    }, ...subject.ops.map((op) => new Option(words.ops[op], op, false, op === row.op)));
  }

  valueField(row, subject) {
    const offered = this.valuesFor(row.op, subject);
    if (offered.length) {
      const values = this.choicesFor(row, offered);
      return make("select", { class: "cx-input", "aria-label": words.value, onchange: (event) => { event.stopPropagation(); row.value = values[event.target.selectedIndex][0]; this.save(); } },
        ...values.map(([value, label]) => new Option(label, value, false, String(value) === String(row.value))));
    }
    return make("input", {
      class: "cx-input", "aria-label": words.value, type: subject.isNumber ? "number" : "text", step: "any", maxlength: 200, dir: "auto", value: row.value ?? "",
      oninput: (event) => event.stopPropagation(),
      onchange: (event) => {
        event.stopPropagation();
        row.value = subject.isNumber && event.target.value !== "" ? event.target.valueAsNumber : event.target.value.trim();
        this.save();
      },
    });
  }
}

// --- Preview ----------------------------------------------------------------------------------------------
const preview = {
  frame: root.querySelector("[data-bu-frame]"),
  page: root.querySelector("[data-bu-frame] iframe"),
  languages: root.querySelector("[data-bu-choose=lang]"),
  part: root.querySelector("[data-bu-choose=part]"),
  scheme: document.documentElement.classList.contains("dark") ? "dark" : "light",

  offer(pages, languages) {
    const { languages: select, part } = this;
    const [language, chosen] = [select.value, this.page.getAttribute("src") ? part.value : "page=1"];
    select.replaceChildren(...languages.map(([code, name]) => new Option(name, code, false, code === language)));
    const numbers = Array.from({ length: pages }, (_, index) => index + 1);
    part.querySelector("[data-bu-pages]").replaceChildren(
      ...numbers.map((number) => new Option(words.page.replace("%(number)s", number), `page=${number}`)));
    part.value = chosen;
    if (part.selectedIndex < 0) part.selectedIndex = Math.max(pages - 1, 0);
  },

  turnTo(page) {
    if (this.part.value === `page=${page}`) return;
    this.part.value = `page=${page}`;
    this.show();
  },

  show() {
    const part = this.part.value || "page=1";
    const address = `${this.page.dataset.buAddress}?lang=${this.languages.value}&scheme=${this.scheme}&${part}`;
    root.querySelector("[data-bu-window]").href = address;
    // While another page is on its way the frame still stands at the old one: reloading would bring that back.
    const shown = this.page.contentWindow.location;
    if (shown.href === new URL(address, document.baseURI).href) shown.reload();
    else this.page.src = address;
  },

  set(name, value) {
    if (name === "width") this.frame.dataset.buWidth = value;
    else this.scheme = value;
    root.querySelectorAll(`[data-bu-set=${name}]`).forEach((each) => each.setAttribute("aria-pressed", String(each.value === value)));
    this.fit();
    if (name === "scheme") this.show();
  },

  // A page wider than its place is shown smaller, as a whole.
  fit() {
    const width = this.frame.dataset.buWidth === "phone" ? PHONE : DESKTOP;
    const scale = Math.min(1, this.frame.clientWidth / width);
    this.page.style.cssText = `inline-size:${width}px; block-size:${this.frame.clientHeight / scale}px; zoom:${scale}`;
  },
};

// --- What people do ---------------------------------------------------------------------------------------
const CLICKS = {
  "[data-bu-open]": (button) => (isOpen(cardOf(button)) ? close(cardOf(button)) : open(cardOf(button))),
  "[data-bu-add]": (button) => { kinds.querySelector("[name=after]").value = button.dataset.buAdd; kinds.showModal(); },
  "[data-bu-close]": (button) => button.closest("dialog").close(),
  "[data-bu-option-add]": (button) => addOption(button.closest("[data-bu-options]")),
  "[data-bu-option-move]": (button) => moveOption(button.closest(".bu-option"), Number(button.dataset.buOptionMove), button),
  "[data-bu-option-remove]": (button) => removeOption(button.closest(".bu-option")),
  "[data-bu-set]": (button) => preview.set(button.dataset.buSet, button.value),
  "[data-bu-show]": (button) => {
    root.dataset.buView = button.dataset.buShow;
    root.querySelectorAll("[data-bu-show]").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
    preview.fit();
  },
};

root.addEventListener("click", (event) => {
  if (event.target === kinds || event.target === sure) event.target.close(); // the ground behind a dialog
  for (const [selector, act] of Object.entries(CLICKS)) {
    const target = event.target.closest(selector);
    if (target) act(target);
  }
});

root.addEventListener("keydown", (event) => {
  const card = cardOf(event.target);
  const option = event.target.closest(".bu-option");
  if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    const isUp = event.key === "ArrowUp";
    if (option) moveOption(option, isUp ? -1 : 1, event.target);
    else if (card) move(card, isUp ? "up" : "down");
  } else if (event.key === "Enter" && option && event.target.matches("input")) {
    event.preventDefault();
    addOption(option.closest("[data-bu-options]"), option);
  } else if (event.key === "Escape" && card && isOpen(card) && !event.target.closest("dialog")) {
    close(card);
  }
});

root.addEventListener("change", (event) => {
  if (event.target.matches("[data-bu-choose]")) preview.show();
});

root.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  document.getElementById("bu-sure-title").textContent = event.detail.question;
  sure.querySelector("[data-bu-yes]").onclick = () => { sure.close(); event.detail.issueRequest(true); };
  sure.showModal();
});

root.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches('[aria-disabled="true"]')) event.preventDefault();
  if (event.target.closest("#bu-kinds")) kinds.close();
  const status = event.target.matches("form") && event.target.querySelector("[id$=-status]");
  if (status) status.textContent = words.saving;
});

root.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
});

// A server that cannot be reached, or a session that has ended: nothing was saved, nothing typed is gone.
root.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, requestConfig } = event.detail;
  const isChange = requestConfig?.verb === "post";
  if (isChange && !xhr?.getResponseHeader("HX-Trigger-After-Settle")) {
    document.getElementById("bu-said").textContent = words.notSaved;
    const status = event.target.querySelector?.("[id$=-status]");
    if (status) status.textContent = words.notSaved;
    root.classList.add("bu-lost");
  } else if (isChange) {
    root.classList.remove("bu-lost");
    if (event.target.id === "bu-publish" && xhr.status === 422) document.getElementById("bu-advice").focus();
  }
});

document.addEventListener("builder", (event) => arrange(event.detail));

// A new card opens by itself; an editor that is shown anew, after another kind was chosen, leaves the focus where it is.
root.addEventListener("htmx:load", ({ target }) => {
  if (target.matches(".bu-card")) open(target);
  if (!target.matches(".bu-form")) return;
  grow(target);
  const card = cardOf(target);
  if (card && "buOpening" in card.dataset) reveal(card);
});

root.addEventListener("click", (event) => {
  const flaw = event.target.closest('.bu-advice a[href^="#q"]');
  const card = flaw && document.getElementById(flaw.hash.slice(1));
  if (card && !isOpen(card)) open(card);
});

new ResizeObserver(() => preview.fit()).observe(preview.frame);
const news = JSON.parse(document.getElementById("bu-news").textContent);
preview.offer(news.pages, news.languages);
preview.set("scheme", preview.scheme);
mark();
