"use strict";
// A survey on a device that many people use one after another. Every answer is first written down on the device, then
// sent, oldest first; it is forgotten when the server says that it has this very answer. It works without a network.
(() => {
  const MOMENT = 4000; // milliseconds somebody waits for the server's word before being thanked
  const AGAIN = 15_000; // until what could not be sent is tried again
  const GOODBYE = 8000; // the thanks stay
  const LAST_CALL = 10_000; // to say that one is still there
  const find = (selector) => document.querySelector(selector);
  const { code, home, worker, rest } = find("#kiosk").dataset;
  let begun = null;
  let sending = Promise.resolve();
  let timer;
  let lastCall;

  // --- What waits to be sent -------------------------------------------------------------------------------
  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open(`cx-kiosk-${code}`, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("waiting", { autoIncrement: true });
      request.result.createObjectStore("refused", { autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  /* One deed in a store, over when it is safely on the disk. */
  async function inStore(store, deed) {
    const transaction = (await opened).transaction(store, "readwrite", { durability: "strict" });
    const request = deed(transaction.objectStore(store));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  async function oldest() {
    const [place] = await inStore("waiting", (store) => store.getAllKeys(null, 1));
    return place === undefined ? null : { place, answer: await inStore("waiting", (store) => store.get(place)) };
  }

  /* What the server says of one answer; null when it, or somebody in between, did not say. */
  async function verdictOn({ key, fields }) {
    try {
      const reply = await fetch(`${home}${key}/`, {
        method: "POST",
        body: new URLSearchParams(fields),
        credentials: "omit",
        signal: AbortSignal.timeout(20_000),
      });
      const verdict = await reply.json();
      return verdict.key === key ? verdict : null;
    } catch {
      return null;
    }
  }

  async function sendAll() {
    const verdicts = {};
    for (let next = await oldest(); next; next = await oldest()) {
      const { place, answer } = next;
      const verdict = await verdictOn(answer);
      if (!verdict) break;
      const put = verdict.taken ? null : await inStore("refused", (store) => store.add(answer));
      verdicts[answer.key] = { ...verdict, put };
      await inStore("waiting", (store) => store.delete(place));
    }
    await showWaiting();
    return verdicts;
  }

  function send() {
    sending = sending.then(sendAll, sendAll);
    return sending;
  }

  /* How many wait, and how many the server would not take: a sign for those who look after the device. */
  async function showWaiting() {
    for (const store of ["waiting", "refused"]) {
      const number = await inStore(store, (each) => each.count());
      find(`#${store}`).hidden = !number;
      find(`#${store} bdi`).textContent = number.toLocaleString(document.documentElement.lang);
    }
  }

  /* What was refused is offered once more whenever the device starts: by then staff may have put it right. */
  async function offerAgain() {
    const answers = await inStore("refused", (store) => store.getAll());
    for (const each of answers) await inStore("waiting", (store) => store.add(each));
    await inStore("refused", (store) => store.clear());
    return send();
  }

  // --- One person ------------------------------------------------------------------------------------------
  function randomKey() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  const inputsOf = (question) => all("[name]:not([name=seen])", question);

  function wrongIn(question, required) {
    const { key, kind, field } = question.dataset;
    const inputs = inputsOf(question);
    const isGiven = compare(answer({ kind, field }, [...inputs])).answered;
    const isTouched = inputs.some((each) => (/radio|checkbox/.test(each.type) ? each.checked : each.value.trim()));
    if (isTouched && (!isGiven || inputs.some((each) => !each.validity.valid))) return "wrong";
    const rows = question.querySelectorAll("fieldset, li").length;
    const isWhole = kind === "matrix" ? inputs.filter((each) => each.checked).length === rows : isGiven;
    return required.includes(key) && !isWhole ? "missing" : isTouched ? "" : "blank";
  }

  /* The questions with a problem; [] when the answer can be taken as far as this device knows. */
  function problemsIn(form) {
    const required = JSON.parse(form.dataset.required);
    const asked = [...form.querySelectorAll("[data-key]:not([hidden]):not(.statement)")];
    const found = asked.map((question) => [question, wrongIn(question, required)]);
    const problems = found.filter(([, problem]) => form.dataset[problem]).map(([each, problem]) => [each, form.dataset[problem]]);
    return problems.length || found.some(([, problem]) => !problem) ? problems : [[asked[0], form.dataset.nothing]];
  }

  function showProblems(problems) {
    document.querySelectorAll("#answer .problem").forEach((each) => each.remove());
    for (const [question, sentence] of problems) {
      const said = Object.assign(document.createElement("p"), { className: "problem", textContent: sentence });
      said.setAttribute("role", "alert");
      question.querySelector("legend, label").after(said);
    }
    problems[0]?.[0].querySelector("input:not([type=hidden]), select, textarea").focus();
  }

  async function take(form) {
    const problems = problemsIn(form);
    showProblems(problems);
    if (problems.length) return;
    const button = form.querySelector(".send");
    button.disabled = true;
    const moment = { answered_at: new Date().toISOString(), begun: Math.floor((begun ?? Date.now()) / 1000) };
    const taken = { key: randomKey(), fields: [...new FormData(form), ...Object.entries(moment)] };
    const band = bandOfFirst(form);
    const verdict = await verdictInAMoment(taken).catch(() => verdictOn(taken)); // a device that keeps nothing sends at once
    button.disabled = false;
    if (!verdict) return showProblems([[form.querySelector("[data-key]:not([hidden])"), form.dataset.lost]]);
    if (verdict.taken) return thank(band);
    if (verdict.put) await inStore("refused", (store) => store.delete(verdict.put)); // the person puts it right
    await showWaiting().catch(() => {});
    if (!verdict.problems) return location.reload();
    const named = ([name, sentence]) => [form.querySelector(`[data-field="${name}"]`), sentence];
    showProblems(Object.entries(verdict.problems).map(named));
  }

  /* Keep an answer and send it; who cannot be sent within a moment is thanked for what is kept. */
  async function verdictInAMoment(taken) {
    await inStore("waiting", (store) => store.add(taken));
    const verdicts = await Promise.race([send(), new Promise((resolve) => setTimeout(resolve, MOMENT, {}))]);
    await showWaiting();
    return verdicts[taken.key] ?? { taken: true };
  }

  function bandOfFirst(form) {
    const { first } = read(find("#known").textContent);
    const question = form.querySelector(`[data-key="${first}"]:not([hidden])`);
    return question ? band(question.dataset.kind, answer(question.dataset, inputsOf(question))) : "";
  }

  function thank(band) {
    const thanks = find("#thanks");
    const texts = JSON.parse(thanks.dataset.texts);
    thanks.querySelector(".intro").textContent = texts[band] || texts[""];
    find("#asking").hidden = true;
    thanks.hidden = false;
    thanks.querySelector("h1").focus();
    scrollTo(0, 0);
    watch(GOODBYE);
  }

  // --- From one person to the next ---------------------------------------------------------------------------
  /* Show a page of this kiosk in place of the present one, while `may`: leaving it would leave full screen, too. */
  async function show(address, may) {
    const reply = await fetch(address, { signal: AbortSignal.timeout(6000) });
    const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
    const { lang, dir } = fresh.documentElement;
    if (!reply.ok || !fresh.querySelector(`#kiosk[data-code="${code}"]`)) throw new Error("Not a page of this kiosk");
    if (!may()) return;
    const typed = new FormData(find("#answer"));
    Object.assign(document.documentElement, { lang, dir });
    document.title = fresh.title;
    find(".page").replaceWith(document.importNode(fresh.querySelector(".page"), true));
    fill(find("#answer"), typed);
    dress();
  }

  function fill(form, typed) {
    for (const control of all("[data-key] [name]:not([type=hidden])", form)) {
      const values = typed.getAll(control.name);
      if (/radio|checkbox/.test(control.type)) control.checked = values.includes(control.value);
      else if (values.length) [control.value] = values;
    }
  }

  function emptyForm() {
    find("#answer").reset();
    showProblems([]);
    find("#thanks").hidden = true;
    find("#asking").hidden = false;
    dress();
  }

  async function startOver() {
    clearTimeout(timer);
    clearTimeout(lastCall);
    begun = null;
    emptyForm();
    scrollTo(0, 0);
    await show(home, () => begun === null).catch(() => {}); // nobody's answers are swept away by a slow network
    (await navigator.serviceWorker?.getRegistration())?.update().catch(() => {});
  }

  function dress() {
    refresh();
    find("#full-screen").hidden = !document.fullscreenEnabled || document.fullscreenElement !== null;
    showWaiting().catch(() => {});
  }

  function watch(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(callLast, milliseconds);
  }

  function callLast() {
    if (find("#asking").hidden) return startOver();
    find("#still-there").showModal();
    lastCall = setTimeout(startOver, LAST_CALL);
  }

  function stay() {
    if (find("#still-there").open) find("#still-there").close();
    clearTimeout(lastCall);
    begun ??= Date.now();
    watch(find("#asking").hidden ? GOODBYE : rest * 1000);
  }

  function start() {
    for (const touch of ["pointerdown", "keydown", "input"]) document.addEventListener(touch, stay);
    document.addEventListener("submit", (event) => {
      event.preventDefault();
      take(event.target);
    });
    document.addEventListener("click", (event) => {
      const language = event.target.closest(".languages a");
      if (language) event.preventDefault();
      if (language) show(language.href, () => true).catch(() => {});
      if (event.target.closest("#full-screen")) document.documentElement.requestFullscreen();
      if (event.target.closest("#again")) startOver();
    });
    document.addEventListener("fullscreenchange", dress);
    const sendQuietly = () => send().catch(() => {});
    addEventListener("online", sendQuietly);
    setInterval(sendQuietly, AGAIN);
    navigator.serviceWorker?.register(worker);
    navigator.storage?.persist?.();
    dress();
    offerAgain().catch(() => {});
  }

  start();
})();
