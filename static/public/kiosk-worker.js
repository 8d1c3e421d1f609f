(settings) => {
  // Keeps a kiosk's pages on the device, so that it starts without a network. surveys/public/kiosk.py calls this.
  "use strict";
  const { code, name, pages, files } = settings;
  const PATIENCE = 3000; // milliseconds for the network, before what is kept is shown

  async function keepAll() {
    await (await caches.open(name)).addAll([...pages, ...files]);
    await self.skipWaiting();
  }

  async function forgetOthers() {
    const names = await caches.keys();
    const old = names.filter((each) => each.startsWith(`cx-kiosk-${code}-`) && each !== name);
    await Promise.all(old.map((each) => caches.delete(each)));
    await self.clients.claim();
  }

  async function kept(request) {
    const cache = await caches.open(name);
    const found = await cache.match(request, { ignoreVary: true });
    return found || (request.mode === "navigate" ? cache.match(pages[0], { ignoreVary: true }) : undefined);
  }

  /* The network's word only if it is ours: a hotel's sign-in page answers everything. */
  async function fresh(request) {
    try {
      const reply = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
      if (reply.headers.get("X-Kiosk") !== code) throw new Error("Not ours");
      if (reply.ok) await (await caches.open(name)).put(request, reply.clone());
      return reply;
    } catch {
      return (await kept(request)) || Response.error();
    }
  }

  self.addEventListener("install", (event) => event.waitUntil(keepAll()));
  self.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname, search } = new URL(request.url);
    if (request.method !== "GET" || origin !== self.location.origin) return;
    if (pathname === pages[0]) event.respondWith(fresh(request));
    if (files.includes(pathname + search)) event.respondWith(kept(request).then((reply) => reply || fetch(request)));
  });
}
