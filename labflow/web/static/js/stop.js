/* STOP fills the screen until the server says that it is resolved: by the right scan, or by initials, birth year and a
   reason. A scanner ends every scan with Enter, so Enter alone, Esc, clicks beside it and other scans never close it. */

import { silence } from "./keys.js";
import { meta, postJson } from "./server.js";
import { startAlarm, stopAlarm } from "./sounds.js";

const AGAIN_MS = 5000;
const UNREACHED = "labflow cannot be reached. STOP stays until it can; it asks again by itself.";
const dialog = document.getElementById("scan-stop");
const inside = document.getElementById("scan-stop-inside");
const answer = document.getElementById("scan-stop-answer");
const standing = [];
let asking = Promise.resolve();

export function isStopped() {
  return standing.length > 0;
}

/** Shows this STOP, or puts it behind the one that stands. */
export function stop(verdict) {
  standing.push(verdict);
  if (standing.length === 1) show();
}

/** Asks whether this code resolves the STOP that stands; the promise says whether scanning goes on with it. */
export function answerStop(code) {
  asking = asking.then(() => !isStopped() || resolve({ code }));
  return asking;
}

/** Something about a scan that is said while STOP stands. */
export function tellStopped(words) {
  answer.textContent = words;
}

function show() {
  const [{ title, detail, code }] = standing;
  const parts = [["h2", title], ["p", code, "code"], ["p", detail]].filter(([, words]) => words);
  inside.replaceChildren(...parts.map(([name, textContent, className = ""]) =>
    Object.assign(document.createElement(name), { textContent, className })));
  tellStopped("");
  if (!dialog.open) dialog.showModal();
  focusTitle();
  startAlarm();
  load(standing[0]);
}

/* Both children, what to do and the form come from the server, which knows what this person may see. */
async function load(verdict) {
  let response = null;
  try {
    response = await fetch(`/scan/stops/${verdict.event_id}`, { headers: { "HX-Request": "true" } });
  } catch {
    tellStopped(UNREACHED);
  }
  if (standing[0] !== verdict) return;
  if (response?.ok) fill(await response.text());
  else if (response?.status === 404) offerToClose();
  else setTimeout(() => standing[0] === verdict && load(verdict), AGAIN_MS);
}

function fill(html) {
  const fragment = Object.assign(document.createElement("template"), { innerHTML: html }).content;
  inside.replaceChildren(fragment);
  if (answer.textContent === UNREACHED) tellStopped("");
  if (!inside.contains(document.activeElement)) focusTitle();
}

/* Resolved elsewhere, perhaps in another tab: the server does not know it as open any more. */
function offerToClose() {
  tellStopped("This STOP is no longer open.");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-lg", textContent: "Go on" });
  button.addEventListener("click", next);
  inside.append(button);
}

function focusTitle() {
  const title = inside.querySelector("h1, h2, h3") ?? document.getElementById("scan-stop-word");
  if (title.id === "") title.id = "scan-stop-title";
  title.tabIndex = -1;
  title.focus();
}

async function resolve(content) {
  tellStopped("…");
  const reached = await postJson(`/api/v1/stops/${standing[0].event_id}/resolution`, content);
  if (reached?.ok && reached.body.resolved) {
    next();
    return true;
  }
  tellStopped(reached === null ? "labflow cannot be reached. STOP stays; try again." : wordsOf(reached.body));
  return false;
}

function wordsOf({ title, detail, errors }) {
  const sentences = (part) => (typeof part === "string" ? [part] : Object.values(part ?? {}).flatMap(sentences));
  return sentences(errors).join(" ") || [title, detail].filter(Boolean).join(". ");
}

function next() {
  standing.shift();
  stopAlarm();
  if (isStopped()) show();
  else dialog.close();
}

dialog.addEventListener("submit", (event) => {
  event.preventDefault();
  const { initials = "", birth_year = "", reason = "" } = Object.fromEntries(new FormData(event.target));
  asking = asking.then(() => isStopped() && resolve({ initials, birth_year, reason }));
});
dialog.addEventListener("cancel", (event) => event.preventDefault());
dialog.addEventListener("close", () => isStopped() && show());
addEventListener("keydown", (event) => isStopped() && event.key === "Escape" && silence(event), { capture: true });

/* One that this person left open comes back with every page. */
const left = meta("scan-stop");
if (left) stop({ event_id: left, title: "", detail: "", code: "" });
