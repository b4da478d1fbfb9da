/* The page that tests a scanner: every key as it came, and in words what to change. It only listens. */

import { report } from "./scanner_report.js";
import { isPassword } from "./text_fields.js";

const QUIET_MS = 700; // longer than the slowest scanner pauses
const byId = (id) => document.getElementById(id);
let strokes = [];
let ending = null;

addEventListener("keydown", (event) => {
  const { key, code, timeStamp, repeat, ctrlKey, altKey } = event;
  if (isPassword(event.composedPath()[0]) || repeat) return;
  add({ key, code, at: timeStamp, how: ctrlKey ? "with Ctrl" : altKey ? "with Alt" : "key" });
}, { capture: true });
addEventListener("beforeinput", ({ inputType, data, timeStamp }) => {
  if (strokes.at(-1)?.key !== data && data) add({ key: data, code: "", at: timeStamp, how: inputType });
}, { capture: true });
addEventListener("paste", ({ clipboardData, timeStamp }) => {
  add({ key: clipboardData.getData("text"), code: "", at: timeStamp, how: "paste" });
}, { capture: true });

function add(stroke) {
  clearTimeout(ending);
  strokes.push(stroke);
  ending = setTimeout(show, QUIET_MS);
}

function show() {
  const found = report(strokes);
  if (found !== null) showReport(found);
  strokes = [];
}

function showReport({ text, suffix, prefix, layout, caps, speed, verdict, fixes }) {
  byId("check-verdict").dataset.verdict = verdict;
  byId("check-verdict").textContent = verdict === "OK" ? "✓ This scanner works." : "▲ Something needs to be changed.";
  byId("check-fixes").replaceChildren(...fixes.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
  for (const [name, words] of Object.entries({ text, suffix, prefix, layout, caps, speed })) {
    byId(`check-${name}`).textContent = words;
  }
  byId("check-keys").replaceChildren(...strokes.map(row));
}

function row({ key, code, at, how }, place) {
  const cells = [key === " " ? "Space" : key, code || "–", place === 0 ? "–" : Math.round(at - strokes[place - 1].at), how];
  const line = document.createElement("tr");
  line.append(...cells.map((textContent) => Object.assign(document.createElement("td"), { textContent })));
  return line;
}
