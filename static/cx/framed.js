// Frames of our own pages are as tall as what is in them: <iframe data-fits>.
for (const frame of document.querySelectorAll("iframe[data-fits]")) {
  const fit = () => {
    const page = frame.contentDocument?.querySelector(".page");
    if (!page) return;
    const follow = () => (frame.style.blockSize = `${Math.ceil(page.getBoundingClientRect().height)}px`);
    new frame.contentWindow.ResizeObserver(follow).observe(page);
    follow();
    if (frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
  };
  frame.addEventListener("load", fit);
  if (frame.contentDocument?.readyState === "complete") fit();
}
