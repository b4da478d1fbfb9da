/* "Can't scan?": the number on the label, and for a sample a second thing that the label says about the child. */

import { readCode } from "./codes.js";

const form = document.getElementById("scan-typed");
const fault = document.getElementById("scan-typed-fault");
const { code: number, second } = form.elements;
const DOES_NOT_FIT = "This number does not fit. Compare the nine signs one by one.";
const BADGE = "A badge cannot be typed. Scan it, or sign in with your login and password.";
const TWO_THINGS = "Type the MRN or the birth date that the label shows, so that two things agree.";

/** `send(code, second)` gets a whole code; `second` is null for what is no sample. */
export function listenTyped(outside, send) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { code } = readCode(bare(), outside);
    const [words, field] = faultOf(code);
    say(words, field);
    if (field) return field.focus();
    const typed = second.value.trim();
    form.reset();
    number.focus();
    send(code, isSample(code) ? typed : null);
  });
}

/** Opens the form and puts the focus into it, with words about why. */
export function askToType(words) {
  form.closest("details").open = true;
  say(words, null);
  number.focus();
}

function faultOf(code) {
  if (code === undefined) return [DOES_NOT_FIT, number];
  if (code.startsWith("H") && code.length === 9) return [BADGE, number];
  if (isSample(code) && second.value.trim() === "") return [TWO_THINGS, second];
  return ["", null];
}

function say(words, field) {
  fault.textContent = words;
  fault.hidden = !words;
  number.setAttribute("aria-invalid", String(field === number));
  second.setAttribute("aria-invalid", String(field === second));
}

function bare() {
  return number.value.replace(/[\s-]/g, "");
}

function isSample(code) {
  return code.startsWith("S") && code.length === 9;
}
