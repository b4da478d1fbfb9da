/* Shortcuts of bare letters, from data-hotkey in the page. A scanner types letters too: a shortcut runs only when no
   further key follows, and `?` shows all of them with the switch that turns them off (WCAG 2.1.4). */

const QUIET_MS = 120;
const SEQUENCE_MS = 1000;
const SLOW_SCAN_MS = 300; // keys of a slow scanner, the first of which meant nothing
const OFF = "labflow.hotkeys-off";
const dialog = document.getElementById("hotkeys");
const offSwitch = document.getElementById("hotkeys-off");
let keys = [];
let lastAt = 0;
let pending = null;
let isScan = false;

const rows = () => [...document.querySelectorAll("[data-row]")];
const OWN = {
  "?": ["Show these shortcuts", showHelp],
  j: ["Next row", () => moveRow(1)],
  k: ["Row before", () => moveRow(-1)],
  x: ["Tick this row", () => document.activeElement.closest("tr, li")?.querySelector("[type=checkbox]")?.click()],
};

addEventListener("keydown", (event) => {
  clearTimeout(pending);
  const pause = event.timeStamp - lastAt;
  lastAt = event.timeStamp;
  isScan &&= pause <= SLOW_SCAN_MS;
  if (!isShortcutKey(event) || pause > SEQUENCE_MS) keys = [];
  if (isScan || !isShortcutKey(event)) return;
  keys.push(event.key);
  pending = setTimeout(run, QUIET_MS);
}, { capture: true });

function isShortcutKey({ key, target, repeat, ctrlKey, altKey, metaKey }) {
  const isTyping = target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open]");
  return [...key].length === 1 && key !== " " && !isTyping && !repeat && !(ctrlKey || altKey || metaKey);
}

function run() {
  const wanted = keys.join(" ");
  const bound = [...document.querySelectorAll("[data-hotkey]")];
  if (bound.some(({ dataset }) => dataset.hotkey.startsWith(`${wanted} `))) return; // the sequence goes on
  keys = [];
  if (localStorage.getItem(OFF) === "yes" && wanted !== "?") return;
  const element = bound.find(({ dataset }) => dataset.hotkey === wanted);
  if (element) act(element);
  else if (wanted in OWN) OWN[wanted][1]();
  else isScan = true;
}

function act(element) {
  if (element.matches("input, textarea, select")) element.focus();
  else element.click();
}

function moveRow(step) {
  const all = rows();
  const here = all.findIndex((row) => row.contains(document.activeElement));
  all[Math.min(Math.max(here + step, 0), all.length - 1)]?.focus();
}

function showHelp() {
  const own = Object.entries(OWN).map(([key, [words]]) => [key, words]);
  const bound = [...document.querySelectorAll("[data-hotkey]")].map((element) => [element.dataset.hotkey, wordsOf(element)]);
  const lines = [...own, ...bound].flatMap(([key, words]) => [
    Object.assign(document.createElement("dt"), { textContent: key }),
    Object.assign(document.createElement("dd"), { textContent: words }),
  ]);
  document.getElementById("hotkeys-list").replaceChildren(...lines);
  offSwitch.checked = localStorage.getItem(OFF) === "yes";
  dialog.showModal();
}

function wordsOf(element) {
  return element.getAttribute("aria-label") ?? (element.textContent.trim() || element.labels?.[0]?.textContent.trim());
}

offSwitch.addEventListener("change", () => localStorage.setItem(OFF, offSwitch.checked ? "yes" : "no"));
