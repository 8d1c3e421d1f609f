// The rule of a segment as rows: the JSON in the text area is the truth, the rows are a view of it that people can edit.
const NO_VALUE = new Set(["is_set", "is_not_set"]);
const ATTRIBUTE = "attributes.";
const OF_DAYS = new Set(["in_last_days", "not_in_last_days", "more_than_days_ago", "in_next_days_of_year"]);
const NARROWINGS = ["touchpoint", "in_last_days"];
const DEEPEST = 2;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// From JSON to groups and back: {"not": {"any": […]}} is a group of which none holds.
function parse(rule) {
  if (!rule || !Object.keys(rule).length) return { match: "all", children: [] };
  const node = parseNode(rule);
  return node.children ? node : { match: "all", children: [node] };
}

function parseNode(rule) {
  if (rule.all) return { match: "all", children: rule.all.map(parseNode) };
  if (rule.any) return { match: "any", children: rule.any.map(parseNode) };
  if (rule.not) {
    const inner = parseNode(rule.not);
    return { match: "none", children: inner.match === "any" ? inner.children : [inner] };
  }
  if (typeof rule.field !== "string") throw new Error("not a rule");
  return { field: rule.field, op: rule.op, value: rule.value ?? "", touchpoint: rule.touchpoint ?? "", in_last_days: rule.in_last_days ?? "" };
}

function write(group) {
  const children = group.children.map(writeNode).filter(Boolean);
  if (!children.length) return {};
  return group.match === "none" ? { not: { any: children } } : { [group.match]: children };
}

function writeNode(node) {
  if (node.children) {
    const rule = write(node);
    return Object.keys(rule).length ? rule : null;
  }
  if (!node.field) return null;
  const rule = { field: node.field, op: node.op };
  if (!NO_VALUE.has(node.op)) rule.value = node.value;
  for (const name of NARROWINGS) if ((node[name] ?? "") !== "") rule[name] = node[name];
  return rule;
}

class Builder {
  constructor(root) {
    this.box = root.querySelector("[data-cu-rows]");
    this.text = root.querySelector("textarea");
    this.count = root.querySelector("[data-cu-count]");
    this.offer = JSON.parse(document.getElementById("cu-builder").textContent);
    this.words = this.offer.words;
    this.fields = new Map(this.offer.fields.map((field) => [field.name, field]));
    try {
      this.tree = parse(JSON.parse(this.text.value || "{}"));
    } catch {
      this.box.append(make("p", { class: "cx-error" }, this.words.unreadable));
      this.text.addEventListener("input", () => this.tell());
      return;
    }
    this.text.closest("label").hidden = true;
    this.draw();
  }

  tell() {
    htmx.trigger(this.count, "cu-changed");
  }

  save() {
    this.text.value = JSON.stringify(write(this.tree));
    this.text.dispatchEvent(new Event("change", { bubbles: true }));
    this.tell();
  }

  draw(focused) {
    this.box.replaceChildren(this.groupBox(this.tree, 0, null));
    (focused && this.box.querySelector(`[data-cu-focus="${focused}"]`))?.focus();
  }

  // After a change of shape everything is drawn anew; the node that was touched gets the focus back.
  changed(node, part) {
    this.box.querySelectorAll("[data-cu-focus]").forEach((each) => each.removeAttribute("data-cu-focus"));
    this.focusOn = [node, part];
    this.save();
    this.draw("here");
    this.focusOn = null;
  }

  mark(node, part) {
    return this.focusOn?.[0] === node && this.focusOn?.[1] === part ? "here" : null;
  }

  fieldOf(node) {
    if (node.field.startsWith(ATTRIBUTE)) return { kind: "text", operators: this.offer.attributeOperators, choices: [] };
    return this.fields.get(node.field) ?? { kind: "text", operators: [node.op], choices: [] };
  }

  newCondition() {
    const first = this.offer.fields[0];
    return { field: first.name, op: first.operators[0], value: first.choices[0]?.[0] ?? "" };
  }

  groupBox(group, depth, parent) {
    const match = make("select", {
      class: "cx-input cu-match", "aria-label": this.words.match, "data-cu-focus": this.mark(group, "match"),
      onchange: (event) => { group.match = event.target.value; this.save(); },
    }, ...["all", "any", "none"].map((name) => new Option(this.words[name], name, false, name === group.match)));
    const rows = group.children.map((child) =>
      make("li", {}, child.children ? this.groupBox(child, depth + 1, group) : this.conditionRow(child, group)));
    const buttons = make("p", { class: "cu-add" }, this.button(this.words.addCondition, "add", group, "add", () => {
      const condition = this.newCondition();
      group.children.push(condition);
      this.changed(condition, "field");
    }));
    if (depth + 1 < DEEPEST) {
      buttons.append(this.button(this.words.addGroup, "account_tree", group, "addGroup", () => {
        const condition = this.newCondition();
        group.children.push({ match: "any", children: [condition] });
        this.changed(condition, "field");
      }));
    }
    const head = make("div", { class: "cu-group-head" }, match);
    if (parent) head.append(this.remover(group, parent, this.words.removeGroup));
    const list = rows.length ? make("ul", { class: "cu-rows" }, ...rows) : make("p", { class: "cx-muted" }, this.words.everybody);
    return make("div", { class: "cu-group", role: "group", "aria-label": this.words.group }, head, list, buttons);
  }

  button(label, icon, node, part, onclick) {
    return make("button", { type: "button", class: "cx-btn cx-btn-small", "data-cu-focus": this.mark(node, part), onclick },
      make("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, icon), label);
  }

  remover(node, parent, label) {
    return make("button", {
      type: "button", class: "cx-btn cx-btn-plain cx-btn-small cu-remove", "aria-label": label, title: label,
      onclick: () => {
        parent.children.splice(parent.children.indexOf(node), 1);
        this.changed(parent, "add");
      },
    }, make("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, "close"));
  }

  conditionRow(node, group) {
    const field = this.fieldOf(node);
    const row = make("div", { class: "cu-condition" }, this.fieldSelect(node));
    if (node.isNamed) row.append(this.attributeName(node));
    row.append(this.operatorSelect(node, field));
    if (!NO_VALUE.has(node.op) && field.kind !== "none") row.append(...this.valueInput(node, field));
    row.append(this.remover(node, group, this.words.removeCondition));
    if (field.narrowings?.length) row.append(this.narrowing(node, field));
    return row;
  }

  // Where and since when it counts; both may be left empty.
  narrowing(node, field) {
    const box = make("div", { class: "cu-narrow" });
    if (field.narrowings.includes("touchpoint")) {
      box.append(make("select", { class: "cx-input", "aria-label": this.words.touchpoint, onchange: (event) => { node.touchpoint = event.target.value; this.save(); } },
        ...[["", this.words.anywhere], ...this.offer.touchpoints].map(([value, label]) => new Option(label, value, false, value === node.touchpoint))));
    }
    if (field.narrowings.includes("in_last_days")) {
      const days = make("input", {
        class: "cx-input", type: "number", min: 0, max: 36500, placeholder: "∞", value: node.in_last_days ?? "",
        oninput: (event) => { node.in_last_days = event.target.value === "" ? "" : event.target.valueAsNumber; this.save(); },
      });
      box.append(make("label", { class: "cu-days cx-muted" }, this.words.inTheLast, days, this.words.days));
    }
    return box;
  }

  fieldSelect(node) {
    const select = make("select", {
      class: "cx-input", "aria-label": this.words.field, "data-cu-focus": this.mark(node, "field"),
      onchange: (event) => this.chooseField(node, event.target.value),
    });
    const groups = new Map();
    for (const field of this.offer.fields) {
      if (!groups.has(field.group)) groups.set(field.group, make("optgroup", { label: field.group }));
      groups.get(field.group).append(new Option(field.label, field.name, false, field.name === node.field));
    }
    select.append(...groups.values(), this.attributeOptions(node));
    if (!this.fields.has(node.field) && !node.field.startsWith(ATTRIBUTE)) select.append(new Option(node.field, node.field, false, true));
    return select;
  }

  attributeOptions(node) {
    const names = new Set(this.offer.attributes);
    const own = node.field.slice(ATTRIBUTE.length);
    if (node.field.startsWith(ATTRIBUTE) && own && !node.isNamed) names.add(own);
    return make("optgroup", { label: this.words.attributes },
      ...[...names].map((name) => new Option(name, ATTRIBUTE + name, false, !node.isNamed && ATTRIBUTE + name === node.field)),
      new Option(this.words.otherAttribute, ATTRIBUTE, false, Boolean(node.isNamed)));
  }

  chooseField(node, name) {
    node.isNamed = name === ATTRIBUTE;
    node.field = name;
    const field = this.fieldOf(node);
    if (!field.operators.includes(node.op)) node.op = field.operators[0];
    node.value = field.choices[0]?.[0] ?? "";
    for (const name of NARROWINGS) if (!field.narrowings?.includes(name)) node[name] = "";
    this.changed(node, node.isNamed ? "name" : "field");
  }

  attributeName(node) {
    return make("input", {
      class: "cx-input", type: "text", maxlength: 60, "aria-label": this.words.attributeName, placeholder: this.words.attributeName,
      value: node.field.slice(ATTRIBUTE.length), "data-cu-focus": this.mark(node, "name"),
      oninput: (event) => { node.field = ATTRIBUTE + event.target.value.trim(); this.save(); },
    });
  }

  operatorSelect(node, field) {
    return make("select", {
      class: "cx-input", "aria-label": this.words.operator, "data-cu-focus": this.mark(node, "op"),
      onchange: (event) => { node.op = event.target.value; this.changed(node, "op"); },
    }, ...field.operators.map((op) => new Option(field.words?.[op] ?? this.offer.operators[op] ?? op, op, false, op === node.op)));
  }

  valueInput(node, field) {
    const shared = { class: "cx-input", "aria-label": this.words.value };
    if (field.choices.length) {
      const choices = field.choices.some(([value]) => value === node.value) ? field.choices : [["", this.words.choose], ...field.choices];
      return [make("select", { ...shared, onchange: (event) => { node.value = event.target.value; this.save(); } },
        ...choices.map(([value, label]) => new Option(label, value, false, value === node.value)))];
    }
    const kind = OF_DAYS.has(node.op) ? "days" : field.kind;
    const isNumber = ["number", "days"].includes(kind);
    const input = make("input", {
      ...shared, type: isNumber ? "number" : "text", step: "any", min: kind === "days" ? 0 : null, value: node.value, dir: "auto",
      maxlength: 200, oninput: (event) => { node.value = isNumber ? event.target.valueAsNumber || event.target.value : event.target.value; this.save(); },
    });
    return kind === "days" ? [input, make("span", { class: "cx-muted" }, this.words.days)] : [input];
  }
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-cu-rule]").forEach((root) => new Builder(root));
});
