/* The demo's scanner: a click on a code sends the same burst of keys that a scanner on the desk would. */

import { hear, plainStroke } from "./keys.js";
import { aimedField } from "./text_fields.js";

const KEY_MS = 5;
const RELOAD_MS = 500; // when the parts that a scan changed have come again
const OPEN = "labflow-virtual-scanner"; // stays open from page to page
/* Sample codes, case numbers and order numbers. */
const ON_PAGE = /S[0-9B-HJKNPR-TVX]{8}|[A-Z]{1,4}\d{2}-\d{6}(?:-[0-9A-Z*])?/g;

const panel = document.getElementById("virtual-scanner");
const aimed = aimedField("#virtual-scanner, [data-virtual-scan]");

document.addEventListener("click", (event) => {
  const code = event.target.closest("[data-virtual-scan]")?.dataset.virtualScan;
  if (!code) return;
  [...code, "Enter"].forEach((key, index) => hear(plainStroke(key, event.timeStamp + index * KEY_MS), aimed()));
});

/* The panel: the codes that belong to what the page shows ------------------------------------------------- */

function load() {
  if (!panel.open) return;
  const text = document.getElementById("main").textContent.replace(panel.textContent, "");
  const words = new Set(`${location.pathname} ${text}`.match(ON_PAGE));
  const address = `${panel.dataset.codes}?${new URLSearchParams({ on_page: [...words].join(" ") })}`;
  htmx.ajax("GET", address, { target: panel.lastElementChild, swap: "innerMorph" });
}

if (panel) {
  panel.addEventListener("toggle", () => {
    sessionStorage.setItem(OPEN, panel.open ? "yes" : "");
    load();
  });
  document.addEventListener("labflow:verdict", () => setTimeout(load, RELOAD_MS));
  panel.open = Boolean(sessionStorage.getItem(OPEN));
}
