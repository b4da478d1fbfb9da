/* One listener for every signed-in page: keys become bursts, bursts become scans, scans go to the server. */

import { showFault, showQueue, showRead, showStutter, showVerdicts } from "./band.js";
import { Burst, GIVE_UP_MS, SETTLE_MS } from "./burst.js";
import { outsidePatterns, readCode } from "./codes.js";
import { Context } from "./context.js";
import { post, ScanQueue, tabStore } from "./queue.js";
import { isStopped } from "./stop.js";

const STUTTER_MS = 1500;
const NOT_TEXT = new Set(["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"]);

const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
const badge = meta("labflow-badge");
const outside = outsidePatterns(JSON.parse(meta("scan-patterns")));
const context = new Context(badge);
const burst = new Burst();
const queue = new ScanQueue({
  store: tabStore(badge),
  send: post,
  context: () => context.codes,
  tell: { verdicts: answered, changed: countWaiting, paused: (problem) => showFault(problem) },
});
let field = null; // where the burst is being typed, as it was before
let last = { code: "", at: -Infinity };
let settling = null;
let isNamelessKey = false; // an on-screen keyboard that only says what it inserted

/* From keys to bursts ------------------------------------------------------------------------------------- */

addEventListener("keydown", hearKey, { capture: true });
addEventListener("beforeinput", hearInput, { capture: true });
addEventListener("paste", hearPaste, { capture: true });

function hearKey(event) {
  if (isStopped() && event.key === "Escape") return silence(event);
  const target = event.composedPath()[0];
  if (isPassword(target)) return burst.reset();
  isNamelessKey = event.isComposing || event.key === "Unidentified" || event.key === "Process";
  if (isNamelessKey) return;
  const { key, code, timeStamp, repeat } = event;
  const command = (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");
  const heard = hear({ key, code, at: timeStamp, repeat, command }, target);
  if (heard.swallow && !(isText(target) && isSign(event))) silence(event);
}

/** Takes one key as it came, from a keyboard or from the virtual scanner; see Burst.feed. */
export function hear(stroke, target = null) {
  clearTimeout(settling);
  if (burst.isOver(stroke.at)) giveUp(stroke.at);
  const heard = burst.feed(stroke);
  if (heard.first) field = snapshot(target);
  if (heard.text !== null) return finish(heard, stroke.at);
  settling = setTimeout(settle, SETTLE_MS, stroke.at);
  return heard;
}

/* A scanner without a suffix: a whole code is taken after a short silence, anything else is a fault after a long one. */
function settle(at) {
  if (readCode(burst.text, outside).code === undefined) settling = setTimeout(giveUp, GIVE_UP_MS, at);
  else giveUp(at);
}

function giveUp(at) {
  const text = burst.settle();
  if (text !== null) finish({ text }, at);
}

/* Devices that insert text without saying which keys: a code at once, or sign by sign. */
function hearInput(event) {
  const target = event.composedPath()[0];
  if (event.inputType !== "insertText" || isPassword(target)) return;
  if (event.data.length > 1) takeWhole(event, event.data, target);
  else if (isNamelessKey) hear(plainStroke(event.data, event.timeStamp), target);
}

/** A key that says nothing but its sign. */
export function plainStroke(key, at) {
  return { key, code: "", at, repeat: false, command: false };
}

function hearPaste(event) {
  const target = event.composedPath()[0];
  if (!isText(target)) takeWhole(event, event.clipboardData.getData("text"), target);
}

function takeWhole(event, data, target) {
  const { code } = readCode(data.trim(), outside);
  if (code === undefined || target.dataset?.scan === "here") return;
  silence(event);
  scanned(code, "scanned", event.timeStamp);
}

/* From bursts to scans ------------------------------------------------------------------------------------ */

function finish(heard, at) {
  const { code, fault } = readCode(heard.text, outside);
  if (code === undefined) {
    if (!isStopped()) showFault(fault);
    return heard;
  }
  if (field?.element.dataset.scan === "here") {
    write(field.element, code); // and no more: a person sends the form, not the scanner's Enter
    return heard;
  }
  if (field) restore(field);
  scanned(code, "scanned", at);
  return heard;
}

function scanned(code, readBy, at) {
  if (isStopped()) return;
  if (code === last.code && at - last.at < STUTTER_MS) return showStutter();
  last = { code, at };
  showRead(code);
  queue.add(code, readBy);
}

/* From scans to verdicts ---------------------------------------------------------------------------------- */

function answered(verdicts) {
  verdicts.forEach((verdict) => context.apply(verdict.context ?? {}));
  showVerdicts(verdicts);
  for (const verdict of verdicts) {
    document.dispatchEvent(new CustomEvent("labflow:verdict", { detail: verdict }));
  }
  const { verdict, url } = verdicts.at(-1);
  if (verdict === "OK" && url && !context.codes.action && queue.length === 0) location.assign(url);
}

function countWaiting() {
  showQueue(queue.length, queue.isRetrying);
}

addEventListener("online", () => queue.drain());
addEventListener("offline", countWaiting);
addEventListener("beforeunload", (event) => {
  if (queue.length > 0 || isStopped()) event.preventDefault();
});
addEventListener("pageshow", (event) => event.persisted && location.reload());

/* "Can't scan?" ------------------------------------------------------------------------------------------- */

const typed = document.getElementById("scan-typed");
typed.addEventListener("submit", (event) => {
  event.preventDefault();
  const { code } = readCode(typed.elements.code.value.replace(/[\s-]/g, ""), outside);
  typed.elements.code.setAttribute("aria-invalid", String(code === undefined));
  document.getElementById("scan-typed-fault").hidden = code !== undefined;
  if (code === undefined) return;
  typed.reset();
  scanned(code, "typed", event.timeStamp);
});

/* Fields -------------------------------------------------------------------------------------------------- */

function isPassword(target) {
  return target instanceof HTMLInputElement && target.type === "password";
}

function isText(target) {
  if (target instanceof HTMLInputElement) return !NOT_TEXT.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

function isSign({ key, ctrlKey, altKey, metaKey }) {
  return key.length === 1 && !ctrlKey && !altKey && !metaKey;
}

function snapshot(target) {
  if (!isText(target)) return null;
  const { value, selectionStart, selectionEnd } = target;
  return { element: target, value, selectionStart, selectionEnd };
}

function restore({ element, value, selectionStart, selectionEnd }) {
  write(element, value);
  if (typeof selectionStart === "number") element.setSelectionRange(selectionStart, selectionEnd);
}

function write(element, value) {
  element.value = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}

function silence(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

countWaiting();
queue.drain();
