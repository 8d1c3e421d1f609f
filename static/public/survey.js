"use strict";
// Shows the questions whose condition holds, as surveys/questions/conditions.py has it. What a condition asks of the customer and
// the occasion is settled before the page leaves the server.
const BANDS = { nps: [6, 9], csat: [2, 4], csat3: [1, 3], ces: [3, 5], ces5: [2, 4], effort: [2, 4] };
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const read = (json) => JSON.parse(json || "{}");
const number = (text) => +String(text).replace(/[٠-٩۰-۹]/g, (digit) => digit.charCodeAt() & 15).replace(/[٫,]/, ".");

function holds(condition, known) {
  const { all, any, not, question, op, value } = condition;
  if (all) return all.every((part) => holds(part, known));
  if (any) return any.some((part) => holds(part, known));
  if (not) return !holds(not, known);
  return !question || compare(known.answers[question], value, known.kinds[question])[op];
}

function compare(answer, value, kind) {
  const answered = ![undefined, "null", '""', "[]", "{}"].includes(JSON.stringify(answer));
  const count = typeof answer == "number" ? answer : NaN;
  const is = typeof answer == "boolean" ? answer === [true, "true", "yes", 1].includes(value)
    : answered && String(answer) === String(value);
  return {
    is, is_not: !is, answered, not_answered: !answered,
    at_least: count >= number(value), at_most: count <= number(value),
    includes: Array.isArray(answer) && answer.includes(value), band: band(kind, answer) === value,
  };
}

function band(kind, score) {
  if (!BANDS[kind] || !Number.isInteger(score)) return "";
  const [bad, good] = BANDS[kind], worth = kind == "effort" ? 6 - score : score;
  return worth >= good ? "good" : worth <= bad ? "bad" : "middle";
}

function answer({ kind, field }, inputs) {
  const row = ({ name }) => name.slice(field.length + 1), chosen = inputs.filter((each) => each.checked);
  const first = chosen[0]?.value, text = inputs[0]?.value.trim();
  switch (BANDS[kind] ? "score" : kind) {
    case "score": return first && +first;
    case "yesno": return first && first == "yes";
    case "choice": case "choices": return chosen.map((each) => each.value);
    case "matrix": return Object.fromEntries(chosen.map((each) => [row(each), each.value]));
    case "ranking":
      inputs.sort((a, b) => a.value - b.value);
      return inputs.every((each, n) => each.value == n + 1) ? inputs.map(row) : null;
    case "number": return text && isFinite(number(text)) ? number(text) : null;
    case "file": return inputs.map((each) => each.value).join("");
    default: return text;
  }
}

function refresh() {
  const known = { kinds: {}, answers: {}, ...read(all("#known")[0]?.textContent) }, questions = all("[data-key]");
  for (const { dataset } of questions) delete known.answers[dataset.key];
  for (const question of questions) {
    const { key, kind, showIf } = question.dataset;
    question.hidden = question.disabled = !holds(read(showIf), known);
    if (question.hidden) continue;
    known.kinds[key] = kind;
    known.answers[key] = answer(question.dataset, all("[name]:not([name=seen])", question));
    if (key == known.first) for (const each of all("[data-bands]")) {
      const texts = read(each.dataset.bands);
      each.textContent = texts[band(kind, known.answers[key])] || texts[""];
    }
  }
}

// Enter goes on: only the button sends.
document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (key != "Enter" || !target.matches("[data-key] input")) return;
  event.preventDefault();
  const here = target.closest("[data-key]"), stops = all("[name]:enabled:not([type=hidden]), .send");
  stops.find((each) => here.compareDocumentPosition(each) == 4)?.focus();
});
document.addEventListener("input", refresh);
addEventListener("pageshow", refresh); // going back fills the form in only now
refresh();
all("#problems")[0]?.focus();
