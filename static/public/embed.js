(settings) => {
  // On a company's own site: asks in the page, or in a dialog that a button or a rule opens. surveys/public/embed.py
  // calls this with the rules of one link. It styles itself by a style sheet object, which any site's policy allows.
  "use strict";
  const { code, origin, sites, rules, words, colours } = settings;
  const DAY = 24 * 60 * 60 * 1000;
  const MEMORY = `cx-survey-${code}`;
  const STYLE = `
    :host { all: initial; direction: inherit; font: 16px/1.4 system-ui, sans-serif; --ground: #fff; --ink: #14212b; }
    iframe { border: 0; color-scheme: light dark; display: block; inline-size: 100%; block-size: 320px; }
    button { cursor: pointer; font: inherit; border: 0; min-block-size: 44px; min-inline-size: 44px; }
    button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
    .open { background: ${colours.accent}; border-radius: 22px; box-shadow: 0 2px 12px rgb(0 0 0 / 25%); color: ${colours.ink};
      font-weight: 600; inset-block-end: 16px; inset-inline-end: 16px; padding: 8px 20px; position: fixed; z-index: 2147483000; }
    dialog { background: var(--ground); border: 0; border-radius: 16px; box-shadow: 0 8px 40px rgb(0 0 0 / 35%); box-sizing: border-box;
      color: var(--ink); inline-size: min(440px, 100vw - 16px); inset: auto; inset-block-end: 8px; inset-inline-end: 8px; margin: 0;
      max-block-size: calc(100dvh - 16px); overflow: auto; padding: 0; position: fixed; }
    dialog::backdrop { background: rgb(0 0 0 / 20%); }
    .head { background: inherit; display: flex; justify-content: end; position: sticky; inset-block-start: 0; }
    .close { background: none; color: inherit; font-size: 24px; line-height: 1; }
    [hidden] { display: none; }
    @media (prefers-color-scheme: dark) { :host { --ground: #16212a; --ink: #e9f1f4; } }
    @media (prefers-reduced-motion: no-preference) {
      dialog[open] { animation: rise 0.2s ease-out; }
      iframe { transition: block-size 0.15s; }
      @keyframes rise { from { opacity: 0; transform: translateY(16px); } }
    }
    @media print { .open { display: none; } }`;

  function remembered() {
    try {
      return JSON.parse(localStorage.getItem(MEMORY)) || {};
    } catch {
      return {};
    }
  }

  function remember(fact) {
    try {
      localStorage.setItem(MEMORY, JSON.stringify({ ...remembered(), ...fact }));
    } catch {
      // A browser that keeps nothing asks again.
    }
  }

  const wasLately = (moment) => moment && Date.now() - moment < rules.every_days * DAY;

  /* The language of the site, if the survey speaks it, else the survey's own. */
  function language() {
    const wanted = document.documentElement.lang.toLowerCase();
    const near = Object.keys(words).find((each) => each.split("-")[0] === wanted.split("-")[0]);
    return wanted in words ? wanted : near || settings.language;
  }

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function shadowOf(host) {
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    return root;
  }

  /* The survey in a frame; what it says of itself is heard from nobody else. */
  function surveyFrame(close) {
    const frame = element("iframe", { title: words[language()].title, src: `${origin}/a/${code}/?lang=${language()}` });
    frame.addEventListener("load", () => {
      frame.contentWindow.postMessage({ cx: code }, origin);
      if (frame.getBoundingClientRect().top < 0) frame.scrollIntoView(); // the next page begins at its beginning
    });
    addEventListener("message", ({ data, origin: sender, source }) => {
      if (sender !== origin || source !== frame.contentWindow || data?.cx !== code) return;
      if (data.height > 0) frame.style.blockSize = `${Math.min(data.height, 10000)}px`;
      if (data.answered) remember({ answered: Date.now() });
      if (data.close) close?.();
    });
    return frame;
  }

  function askInPage(place) {
    if (place.shadowRoot) return;
    shadowOf(place).append(surveyFrame());
    remember({ shown: Date.now() });
  }

  function isMeant() {
    const { path, share } = rules;
    const pattern = path && path.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*");
    if (pattern && !new RegExp(`^${pattern}$`).test(location.pathname)) return false;
    if (share === undefined || share >= 100) return true;
    const { lot = Math.random() * 100 } = remembered();
    remember({ lot });
    return lot < share;
  }

  function focused(root = document) {
    const within = root.activeElement;
    return within?.shadowRoot ? focused(within.shadowRoot) : within;
  }

  /* The dialog, the button that opens it, and what opens it by itself. */
  function askInDialog() {
    const { open: label, close: closing, title } = words[language()];
    const host = element("div", { lang: language(), dir: getComputedStyle(document.documentElement).direction });
    const button = element("button", { class: "open", type: "button", "aria-haspopup": "dialog" }, label);
    const closer = element("button", { class: "close", type: "button", "aria-label": closing }, "×");
    const dialog = element("dialog", { "aria-label": title }, element("div", { class: "head" }, closer));
    let before;
    button.hidden = !rules.button || wasLately(remembered().answered);
    shadowOf(host).append(button, dialog);
    document.body.append(host);

    function open() {
      if (dialog.open) return;
      stopWaiting();
      if (!dialog.querySelector("iframe")) dialog.append(surveyFrame(() => dialog.close()));
      before = focused();
      dialog.showModal();
      remember({ shown: Date.now() });
    }
    dialog.addEventListener("close", () => {
      button.hidden ||= wasLately(remembered().answered);
      before?.focus?.();
    });
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
    closer.addEventListener("click", () => dialog.close());
    button.addEventListener("click", open);
    const stopWaiting = waitFor(open);
  }

  /* Calls `open` once, by whichever rule is met first; never while somebody is typing. */
  function waitFor(open) {
    const { delay, scroll, exit } = rules;
    const waiting = new AbortController();
    const { signal } = waiting;
    const { shown, answered } = remembered();
    if (wasLately(shown) || wasLately(answered)) return () => {};
    const may = () => {
      if (signal.aborted) return;
      if (focused()?.matches("input, textarea, select, [contenteditable]")) setTimeout(may, 2000);
      else open();
    };
    const look = () => (scrollY + innerHeight) / document.documentElement.scrollHeight >= scroll / 100 && may();
    if (delay !== undefined) setTimeout(may, delay * 1000);
    if (scroll !== undefined) addEventListener("scroll", look, { passive: true, signal });
    if (exit) document.documentElement.addEventListener("mouseleave", ({ clientY }) => clientY <= 0 && may(), { signal });
    return () => waiting.abort();
  }

  function start() {
    if (rules.once && remembered().answered) return;
    const places = document.querySelectorAll(`[data-cx-survey="${code}"]`);
    places.forEach(askInPage);
    if (!places.length && !window[Symbol.for(MEMORY)] && isMeant()) {
      window[Symbol.for(MEMORY)] = true;
      askInDialog();
    }
  }

  if (!sites.includes(location.origin)) console.warn(`The survey ${code} is not meant for ${location.origin}.`);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
}
