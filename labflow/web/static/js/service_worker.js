/* The offline worker. The server writes VERSION and FILES before this text (labflow/web/offline.py).

   Static files come from this device, by version. Pages come from the server; where it is away, the bedside pages that
   this person opened come back as they were, and any other page becomes the offline page. Nothing of /api is kept, and
   nothing that was kept outlives the person's sign-in. */

const SHELL = `labflow-shell-${VERSION}`;
const PAGES = "labflow-pages-"; // and the badge of the person whose pages they are
const OFFLINE = "/offline";
const PATIENCE_MS = 6_000; // for a page that is kept; one that is not may take its time
const GATEWAY_FAULTS = [502, 504];

let isCurrent = true; // whether the server's files are those of this version
let turn = 0; // rises when pages are forgotten, so that an answer under way is not kept after that

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => event.waitUntil(look(event.data.seen)));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== self.location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(page(event, pathname));
  else if (event.request.method === "GET" && pathname.startsWith("/static/")) event.respondWith(file(event));
});

async function install() {
  const shell = await caches.open(SHELL);
  await shell.addAll(FILES.map((address) => new Request(address, { cache: "no-cache" })));
  // Without cookies: the page for people who are not signed in.
  await shell.put(OFFLINE, await fetch(OFFLINE, { credentials: "omit", cache: "no-store" }));
  await self.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("labflow-shell-") && name !== SHELL);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
  for (const name of names.filter((one) => one.startsWith(PAGES))) await renew(name);
}

/* Pages of an earlier version come again with the files that they need now. */
async function renew(name) {
  const kept = await caches.open(name);
  for (const { url } of await kept.keys()) await look(url);
}

/* A page that was opened before this worker was there, or that has to come again. */
async function look(address) {
  const before = turn;
  try {
    const response = await fetch(address, { cache: "no-store" });
    if (!response.redirected) await keep(address, response, before);
  } catch {
    // Away: what is kept stays as it is.
  }
}

/* Static files -------------------------------------------------------------------------------------------- */

async function file(event) {
  const shell = await caches.open(SHELL);
  const kept = await shell.match(event.request, { ignoreSearch: true });
  if (kept && isCurrent) return kept;
  try {
    const response = await fetch(event.request);
    if (isCurrent && response.status === 200) event.waitUntil(shell.put(event.request, response.clone()));
    return response;
  } catch (fault) {
    if (kept) return kept;
    throw fault;
  }
}

/* Pages --------------------------------------------------------------------------------------------------- */

async function page(event, pathname) {
  const { request } = event;
  if (request.method === "POST" && pathname === "/sign-out") await forget();
  const before = turn;
  const kept = request.method === "GET" ? await find(request.url) : undefined;
  try {
    const response = await (kept ? inTime(fetch(request)) : fetch(request));
    if (GATEWAY_FAULTS.includes(response.status)) throw new Error("the server is away");
    await greet(response);
    if (request.method === "GET") event.waitUntil(keep(request.url, response.clone(), before));
    return response;
  } catch {
    return kept ? asKept(kept, "opened") : instead(request);
  }
}

function inTime(answer) {
  const late = new Promise((_, refuse) => setTimeout(() => refuse(new Error("too late")), PATIENCE_MS));
  return Promise.race([answer, late]);
}

/* Whose page this is decides whose pages stay: nobody's when nobody is signed in. */
async function greet(response) {
  const person = response.headers.get("Labflow-Person");
  if (person === null) return;
  await forget(person);
  isCurrent = response.headers.get("Labflow-Version") === VERSION;
  if (!isCurrent) self.registration.update().catch(() => {});
}

async function forget(except = "nobody") {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith(PAGES) && name !== PAGES + except);
  if (others.length > 0 || except === "nobody") turn += 1;
  await Promise.all(others.map((name) => caches.delete(name)));
}

async function keep(address, response, before) {
  const person = response.headers.get("Labflow-Person") ?? "nobody";
  if (person === "nobody" || before !== turn) return;
  const pages = await caches.open(PAGES + person);
  if (!(await pages.match(OFFLINE))) await keepOfflinePage(pages, person);
  if (response.headers.get("Labflow-Keep") && response.status === 200) await pages.put(address, await dated(response));
  if (before !== turn) await caches.delete(PAGES + person);
}

async function keepOfflinePage(pages, person) {
  const response = await fetch(OFFLINE, { cache: "no-store" });
  if (response.headers.get("Labflow-Person") === person) await pages.put(OFFLINE, await dated(response));
}

async function dated(response) {
  const headers = new Headers(response.headers);
  headers.set("Labflow-Kept-At", new Date().toISOString());
  return new Response(await response.blob(), { headers });
}

async function find(address) {
  const names = await caches.keys();
  const name = names.find((one) => one.startsWith(PAGES));
  return name && (await (await caches.open(name)).match(address, { ignoreVary: true }));
}

/* The offline page: of the person who is signed in, otherwise of nobody. */
async function instead({ method }) {
  const kept = (await find(OFFLINE)) ?? (await caches.match(OFFLINE, { ignoreVary: true }));
  return kept ? asKept(kept, method === "POST" ? "not-sent" : "away") : Response.error();
}

/* The page says by itself what it is: the scripts read these marks. */
async function asKept(response, how) {
  const text = await response.text();
  const keptAt = response.headers.get("Labflow-Kept-At") ?? "";
  const marked = text.replace("<html ", `<html data-offline="${how}" data-kept-at="${keptAt}" `);
  return new Response(marked, { headers: response.headers });
}
