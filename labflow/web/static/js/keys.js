/* From what the browser hears to whole codes: keys, inserted text and pastes, wherever the focus is. */

import { Burst, GIVE_UP_MS, RESET_MS, SETTLE_MS } from "./burst.js";
import { readCode } from "./codes.js";
import { isPassword, isText, restore, snapshot, wantsScan, write } from "./text_fields.js";

const burst = new Burst();
const LINE_ENDS = new Set(["insertLineBreak", "insertParagraph"]);
let outside = []; // patterns of registered codes that are not labflow's
let tell = null;
let field = null; // where the burst is being typed, as it was before
let settling = null;
let named = null; // the last key that said its name; what is inserted next comes from it
let composed = ""; // what an input method has composed so far

/** Listens from now on: `tell` hears {code(code, at), fault(fault)}. A field that wants a scan gets its code itself. */
export function listen(patterns, listener) {
  [outside, tell] = [patterns, listener];
  addEventListener("keydown", hearKey, { capture: true });
  addEventListener("beforeinput", hearInput, { capture: true });
  addEventListener("compositionstart", () => (composed = ""), { capture: true });
  addEventListener("paste", hearPaste, { capture: true });
}

function hearKey(event) {
  const target = event.composedPath()[0];
  named = null;
  if (isPassword(target)) return burst.reset();
  if (event.isComposing || event.keyCode === 229 || event.key === "Unidentified" || event.key === "Process") return;
  const { key, code, timeStamp, repeat } = event;
  const command = (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");
  const heard = hear({ key, code, at: timeStamp, repeat, command }, target);
  if (heard.swallow && !(isText(target) && isSign(event))) silence(event);
  else named = key;
}

/** Takes one key as it came, from a keyboard or from the virtual scanner; see Burst.feed. */
export function hear(stroke, target = null) {
  clearTimeout(settling);
  if (burst.isOver(stroke.at)) giveUp(stroke.at);
  const heard = burst.feed(stroke);
  if (heard.first) field = snapshot(target);
  const text = heard.text ?? (isSlowScan(heard.slow) ? heard.slow : null);
  if (text !== null) {
    burst.accept(stroke.at);
    finish(text, stroke.at);
    return { ...heard, swallow: true };
  }
  settling = setTimeout(settle, burst.isScanner ? SETTLE_MS : RESET_MS + SETTLE_MS, stroke.at);
  return heard;
}

/** A key that says nothing but its sign. */
export function plainStroke(key, at) {
  return { key, code: "", at, repeat: false, command: false };
}

/* A slow Bluetooth scanner is as fast as a person. Outside a text field nobody types a whole code with its check. */
function isSlowScan(text) {
  return text !== null && field === null && readCode(text, outside).code !== undefined;
}

/* A scanner without a suffix: a whole code is taken after a short silence, anything else is a fault after a long one. */
function settle(at) {
  if (readCode(burst.text, outside).code === undefined) settling = setTimeout(giveUp, GIVE_UP_MS, at);
  else giveUp(at);
}

function giveUp(at) {
  if (burst.isScanner || isSlowScan(burst.text)) finish(burst.settle(), at);
}

/* Devices that insert text without saying which keys: the code at once, or sign by sign, perhaps as one composition
   that grows. */
function hearInput(event) {
  const target = event.composedPath()[0];
  const said = named;
  named = null;
  if (isPassword(target)) return;
  if (LINE_ENDS.has(event.inputType) && said === null) return hearLineEnd(event, target);
  const data = insertedBy(event);
  if (data === "" || data === said) return;
  if ([...data].length > 1) hearWhole(event, data, target);
  else hear(plainStroke(data, event.timeStamp), target);
}

function insertedBy({ inputType, data }) {
  if (inputType === "insertText") return data ?? "";
  if (inputType !== "insertCompositionText") return "";
  const before = composed;
  composed = data ?? "";
  return composed.startsWith(before) ? composed.slice(before.length) : "";
}

function hearLineEnd(event, target) {
  if (hear(plainStroke("Enter", event.timeStamp), target).swallow) silence(event);
}

/* Text that came at once in a text field may be anything; only a whole code is a scan. */
function hearWhole(event, data, target) {
  const { code } = readCode(data.trim(), outside);
  if (code === undefined || wantsScan(target)) return burst.reset();
  const before = snapshot(target);
  if (event.cancelable) silence(event);
  else if (before) setTimeout(restore, 0, before);
  tell.code(code, event.timeStamp);
}

function hearPaste(event) {
  const target = event.composedPath()[0];
  const text = event.clipboardData.getData("text").trim();
  if (isText(target) || text === "") return;
  silence(event);
  const { code, fault } = readCode(text, outside);
  if (code === undefined) tell.fault(fault);
  else tell.code(code, event.timeStamp);
}

function finish(text, at) {
  const { code, fault } = readCode(text, outside);
  if (code === undefined) return tell.fault(fault);
  if (wantsScan(field?.element)) return write(field.element, code); // and no more: a person sends the form
  if (field) restore(field);
  tell.code(code, at);
}

function isSign({ key, ctrlKey, altKey, metaKey }) {
  return key.length === 1 && !ctrlKey && !altKey && !metaKey;
}

/** The event reaches nobody else, and the browser does nothing about it. */
export function silence(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
