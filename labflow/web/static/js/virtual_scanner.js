/* The demo's scanner: a click on a code sends the same burst of keys that a scanner on the desk would. */

import { hear, plainStroke } from "./scan_listener.js";

const KEY_MS = 5;

document.addEventListener("click", (event) => {
  const code = event.target.closest("[data-virtual-scan]")?.dataset.virtualScan;
  if (!code) return;
  [...code, "Enter"].forEach((key, index) => hear(plainStroke(key, event.timeStamp + index * KEY_MS)));
});
