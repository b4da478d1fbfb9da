/* The scan band: grey at once, a verdict only when the server gave one, its choices, and what needs another look. */

import { dropChoice, offer } from "./choices.js";
import { play } from "./sounds.js";
import { stop } from "./stop.js";

const SLOW_MS = 400;
const LISTED = 5;
const SHAPES = { OK: "✓", ALREADY: "◦", CHOOSE: "▲", STOP: "■" };
const GRAVEST_FIRST = ["STOP", "CHOOSE", "ALREADY", "OK"];

const byId = (id) => document.getElementById(id);
const band = byId("scan-band");
let waiting = 0;
let slow = null;
let stutters = 0;

/** A burst was read and is on its way; nothing is decided yet. */
export function showRead(code) {
  stutters = 0;
  lookAgain(dropChoice());
  paint({ verdict: "", shape: "…", word: `Read ${code}`, detail: "" });
  clearTimeout(slow);
  slow = setTimeout(showWaiting, SLOW_MS);
}

/** How many scans wait for an answer, and whether the server can be reached. */
export function showQueue(count, unreachable) {
  waiting = count;
  if (waiting === 0) clearTimeout(slow);
  if (waiting === 0 || byId("scan-waiting").textContent) showWaiting();
  const pill = byId("offline-pill");
  pill.hidden = !unreachable && navigator.onLine;
  byId("offline-count").textContent = waiting ? ` · ${waiting} waiting to send` : "";
}

/** The same label seen twice by one pull of the trigger: counted, and otherwise silent. */
export function showStutter() {
  stutters += 1;
  byId("scan-stutters").textContent = `read ${stutters + 1} times`;
}

/**
 * Verdicts in the order of their scans: all are listed, the gravest is the one to see and hear. `choose(verdict, code)`
 * hears which of its choices a person takes; one that is not taken is to be looked at again.
 */
export function showVerdicts(verdicts, choose) {
  lookAgain(dropChoice());
  const gravest = GRAVEST_FIRST.find((word) => verdicts.some(({ verdict }) => verdict === word));
  const shown = verdicts.findLast(({ verdict }) => verdict === gravest);
  const isOpen = gravest === "CHOOSE" && shown.choices?.length > 0;
  for (const verdict of verdicts) {
    list(verdict);
    if (!isOpen || verdict !== shown) lookAgain(verdict);
  }
  paint({ ...shown, shape: SHAPES[gravest], word: gravest });
  if (isOpen) offer(shown, choose);
  if (gravest !== "STOP") play(gravest);
  verdicts.filter(({ verdict }) => verdict === "STOP").forEach(stop);
}

/** Something that labflow says without the server: a code that could not be read. */
export function showFault(fault) {
  showVerdicts([{ verdict: "CHOOSE", code: "", url: null, ...fault }]);
}

function paint({ verdict, shape, word, title = "", detail, code = "", url = null, person = null }) {
  band.dataset.verdict = verdict;
  byId("scan-shape").textContent = shape;
  byId("scan-word").textContent = word;
  byId("scan-title").textContent = sentence(title);
  byId("scan-code").textContent = code;
  byId("scan-detail").textContent = detail;
  byId("scan-person").textContent = person ? `as ${person}` : "";
  byId("scan-stutters").textContent = "";
  byId("scan-open").hidden = !url;
  if (url) byId("scan-open").href = url;
}

function showWaiting() {
  byId("scan-waiting").textContent = waiting ? `waiting (${waiting})` : "";
}

function list(verdict) {
  const last = byId("scan-last");
  last.prepend(line(verdict));
  while (last.children.length > LISTED) last.lastElementChild.remove();
  byId("scan-last-box").hidden = false;
}

function lookAgain(verdict) {
  if (verdict === null || verdict.verdict === "OK" || verdict.verdict === "ALREADY") return;
  byId("scan-again").prepend(line(verdict));
  countAgain();
}

function line({ verdict, code, title, detail }) {
  const item = document.createElement("li");
  item.dataset.verdict = verdict;
  const parts = [new Date().toTimeString().slice(0, 5), `${SHAPES[verdict]} ${verdict}`, code, `${sentence(title)} ${detail}`];
  for (const part of parts.filter(Boolean)) {
    item.append(Object.assign(document.createElement("span"), { textContent: part }));
  }
  return item;
}

function sentence(words) {
  return words && !/[.!?]$/.test(words) ? `${words}.` : words;
}

function countAgain() {
  const count = byId("scan-again").children.length;
  byId("scan-again-box").hidden = count === 0;
  byId("scan-again-count").textContent = count;
}

byId("scan-again-clear").addEventListener("click", () => {
  byId("scan-again").replaceChildren();
  countAgain();
});

/* What is sticky below the stack needs its height. */
const stack = band.parentElement;
new ResizeObserver(() => {
  document.documentElement.style.setProperty("--stack-height", `${stack.offsetHeight}px`);
}).observe(stack);
