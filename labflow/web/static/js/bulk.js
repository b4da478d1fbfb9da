/* Many samples at once: ticked by hand, by `x`, or by scanning them while the switch is on. Off after every load. */

import { showVerdicts } from "./band.js";

const byId = (id) => document.getElementById(id);
const form = byId("bulk");
const toTick = byId("scan-to-tick");
const scanned = new Set();

const boxes = () => [...document.querySelectorAll('.bulk-tick[form="bulk"]')];
const ticked = () => new Set(boxes().filter((box) => box.checked).map((box) => box.value));

/* A sample that stands in several rows is ticked in all of them. */
document.addEventListener("change", ({ target }) => {
  if (!target.matches?.(".bulk-tick")) return;
  for (const box of boxes()) if (box.value === target.value) box.checked = target.checked;
  if (!target.checked) scanned.delete(target.value);
  count();
});

byId("bulk-all").addEventListener("click", () => tickAll(true));
byId("bulk-none").addEventListener("click", () => tickAll(false));

function tickAll(checked) {
  for (const box of boxes()) box.checked = checked;
  if (!checked) scanned.clear();
  count();
}

function count() {
  const number = ticked().size;
  const words = number ? `${number} ticked` : "None ticked";
  if (byId("bulk-count").textContent !== words) byId("bulk-count").textContent = words; // or it would observe itself
}

/* Rows come and go while the page is open. */
new MutationObserver(count).observe(document.querySelector("main"), { childList: true, subtree: true });

document.addEventListener("labflow:scan", (event) => {
  const { code, readBy } = event.detail;
  if (!toTick.checked || !code.startsWith("S")) return;
  event.preventDefault();
  showVerdicts([tick(code, readBy)], () => {});
});

function tick(code, readBy) {
  const own = boxes().filter((box) => box.value === code);
  const verdict = { code, url: null, choices: [], detail: `${byId("bulk-count").textContent}.` };
  if (own.length === 0) {
    const detail = "It is not in this list. Turn “Scan to tick” off to do something else with it.";
    return { ...verdict, verdict: "CHOOSE", title: "Nothing was ticked", detail };
  }
  if (own[0].checked) return { ...verdict, verdict: "ALREADY", title: "Ticked before" };
  for (const box of own) box.checked = true;
  if (readBy !== "typed") scanned.add(code);
  count();
  return { ...verdict, verdict: "OK", title: "Ticked", detail: `${byId("bulk-count").textContent}.` };
}

form.addEventListener("submit", () => {
  for (const old of form.querySelectorAll('[name="scanned"]')) old.remove();
  for (const value of scanned) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "scanned", value }));
});

const { place } = JSON.parse(sessionStorage.getItem("labflow.context") ?? "{}");
const where = form.elements.place;
if (place && !where.value && [...where.options].some(({ value }) => value === place.code)) where.value = place.code;

count();
