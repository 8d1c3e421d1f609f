"use strict";
// The survey's page in a frame of another site: it tells that site, if it is an allowed one, how tall it is, that it
// was answered, and that Escape was pressed. It says nothing before that site has spoken.
(() => {
  const { sites } = document.currentScript.dataset;
  const code = location.pathname.split("/")[2];
  const page = document.querySelector(".page");
  let site = "";

  function tell(fact) {
    if (site) parent.postMessage({ cx: code, ...fact }, site);
  }
  function tellHeight() {
    tell({ height: Math.ceil(page.getBoundingClientRect().height) });
  }

  addEventListener("message", ({ data, origin, source }) => {
    if (source !== parent || !sites.split(" ").includes(origin) || data?.cx !== code) return;
    site = origin;
    tellHeight();
    if (location.pathname.endsWith("/thanks/")) tell({ answered: true });
  });
  new ResizeObserver(tellHeight).observe(page);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && tell({ close: true }));
})();
