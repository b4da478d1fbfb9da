/* STOP fills the screen. A scanner ends every scan with Enter, so Enter alone, Esc and scans never close it. */

import { startAlarm, stopAlarm } from "./sounds.js";

const dialog = document.getElementById("scan-stop");
const standing = [];

export function isStopped() {
  return standing.length > 0;
}

/** Shows this STOP, or puts it behind the one that stands. */
export function stop(verdict) {
  standing.push(verdict);
  if (standing.length === 1) show();
}

function show() {
  const [{ title, detail, code }] = standing;
  document.getElementById("scan-stop-title").textContent = title;
  document.getElementById("scan-stop-detail").textContent = detail;
  document.getElementById("scan-stop-code").textContent = code;
  if (!dialog.open) dialog.showModal();
  document.getElementById("scan-stop-title").focus();
  startAlarm();
}

/* The button never has the focus to begin with: only a pointer or a deliberate Tab reaches it, and the listener
   swallows the Tab and Enter of scans. */
document.getElementById("scan-stop-resolve").addEventListener("click", () => {
  standing.shift();
  stopAlarm();
  if (isStopped()) show();
  else dialog.close();
});
dialog.addEventListener("cancel", (event) => event.preventDefault());
dialog.addEventListener("close", () => isStopped() && show());
