/* On every page: the offline worker, what a page says that came from this device, and what a signed-out one forgets. */

import { isBadgeScan } from "./queue.js";
import { RegistrationStore, ScanStore } from "./store.js";
import { alone } from "./tabs.js";
import { clock, countOf, say, waitsFor } from "./waiting.js";

const PAGES = "labflow-pages-";
const ASK_MS = 10_000;
const { offline: how, keptAt } = document.documentElement.dataset;
const isSignedIn = document.querySelector('meta[name="labflow-badge"]') !== null;

/** Ends when this device has no page of anybody any more. */
export async function forgetPages() {
  const names = (await globalThis.caches?.keys()) ?? [];
  await Promise.all(names.filter((name) => name.startsWith(PAGES)).map((name) => caches.delete(name)));
}

/* The worker ---------------------------------------------------------------------------------------------- */

async function startWorker() {
  const worker = navigator.serviceWorker;
  if (!worker) return; // plain http to another host, or an old browser: labflow works, but not without the server
  const isControlled = worker.controller !== null;
  await worker.register("/service-worker.js").catch(() => {});
  if (isControlled || !isSignedIn) return;
  const { active } = await worker.ready;
  active.postMessage({ seen: location.href });
}

/* A page from this device --------------------------------------------------------------------------------- */

function markPage() {
  const mark = document.getElementById("kept-mark");
  mark.hidden = how !== "opened";
  mark.textContent = `Offline — opened ${clock(keptAt)}. What happened since is not on this page.`;
  if (how !== "opened") showOffline();
  const asking = setInterval(ask, ASK_MS);
  addEventListener("online", ask);

  async function ask() {
    const answer = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return;
    clearInterval(asking);
    removeEventListener("online", ask);
    goOn(mark);
  }
}

/* Something typed is never taken away: then a person decides when the page comes again. */
function goOn(mark) {
  if (how === "not-sent") return sayAnswers(document.getElementById("offline-not-sent"));
  if (how === "opened" && isTouched()) return sayAnswers(mark);
  location.replace(location.pathname + location.search);
}

function sayAnswers(place) {
  const words = Object.assign(document.createElement("p"), { textContent: "labflow can be reached again." });
  place.append(words);
}

function isTouched() {
  return [...document.querySelectorAll("main form :is(input, textarea, select)")].some(
    ({ type, value, defaultValue, checked, defaultChecked, options }) =>
      options
        ? [...options].some(({ selected, defaultSelected }) => selected && !defaultSelected && options.selectedIndex > 0)
        : ["checkbox", "radio"].includes(type) ? checked !== defaultChecked : value !== defaultValue,
  );
}

async function showOffline() {
  document.getElementById("offline-away").hidden = how === "not-sent";
  document.getElementById("offline-not-sent").hidden = how !== "not-sent";
  const name = (await caches.keys()).find((one) => one.startsWith(PAGES));
  const kept = name ? await (await caches.open(name)).keys() : [];
  const links = kept.map(({ url }) => new URL(url).pathname).filter((path) => path !== "/offline");
  document.getElementById("offline-pages").hidden = links.length === 0;
  document.querySelector("#offline-pages ul").replaceChildren(...links.map(linkTo));
}

function linkTo(path) {
  const [, kind, number] = path.split("/");
  const words = kind === "orders" ? `Registration for order ${number}` : `Labels of case ${number}`;
  const item = document.createElement("li");
  item.append(Object.assign(document.createElement("a"), { href: path, textContent: words }));
  return item;
}

/* Nobody is signed in ------------------------------------------------------------------------------------- */

/* Who signs in here next does so in person: a badge that waits would switch the person behind their back. */
async function signedOut() {
  if (how === undefined) await forgetPages();
  const store = new ScanStore();
  await alone("scans", async () => store.remove((await store.all()).filter(isBadgeScan)));
  const lines = [
    ...linesOf(await store.all(), "scan"),
    ...linesOf(await new RegistrationStore().all(), "registration"),
  ];
  say("signed-out", lines);
}

function linesOf(things, word) {
  const people = new Map();
  for (const { badge, name } of things) {
    const person = people.get(badge) ?? { who: badge, count: 0 };
    people.set(badge, { who: name ?? person.who, count: person.count + 1 });
  }
  return [...people.values()].map(({ who, count }) => ({ words: waitsFor(countOf(count, word), who, count) }));
}

startWorker();
if (how !== undefined) markPage();
if (!isSignedIn) signedOut();
