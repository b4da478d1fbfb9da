/* UNDO: a button that counts down while the last scan can be taken back, and Ctrl+Z outside text fields. Both send the
   UNDO card's code, as scanning the card does. */

import { meta } from "./server.js";
import { isText } from "./text_fields.js";

const LONGEST_SECONDS = 120; // whatever this computer's clock says
const QUIET_MS = 120; // a scanner's control key is followed by others
const card = meta("scan-undo");
const button = document.getElementById("scan-undo");
let until = 0;
let send = () => {};
let pending = null;

/** What sends the card's code. */
export function onUndo(sending) {
  send = sending;
}

/** Verdicts came: the last of them that can be taken back is the one that UNDO means. */
export function showUndo(verdicts) {
  if (!card) return;
  for (const { code, verdict, undo_until: iso } of verdicts) {
    if (code === card && verdict === "OK") until = 0;
    else if (iso) until = Math.min(Date.parse(iso), Date.now() + LONGEST_SECONDS * 1000);
  }
  show();
}

function show() {
  const seconds = Math.ceil((until - Date.now()) / 1000);
  button.hidden = seconds <= 0;
  button.textContent = `UNDO ${seconds} s`;
}

function undo() {
  if (!button.hidden) send(card);
}

button.addEventListener("click", undo);
setInterval(() => button.hidden || show(), 1000);
addEventListener("keydown", (event) => {
  clearTimeout(pending);
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
  if (isUndo && !button.hidden && !event.repeat && !isText(event.composedPath()[0])) pending = setTimeout(undo, QUIET_MS);
}, { capture: true });
