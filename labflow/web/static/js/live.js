/* Parts of a page that a scan may have changed come again after an OK, without losing focus or half-typed text. */

import "./bag_panel.js";

const SOON_MS = 50;
let coming = null;

document.addEventListener("labflow:verdict", ({ detail }) => {
  if (detail.verdict !== "OK") return;
  clearTimeout(coming);
  coming = setTimeout(refresh, SOON_MS);
});

/* The attribute holds the address of the part's inside; empty, the part is taken from this page by its id. */
function refresh() {
  for (const part of document.querySelectorAll("[data-refresh-on-verdict]")) {
    const address = part.dataset.refreshOnVerdict;
    if (address) htmx.ajax("GET", address, { target: part, swap: "innerMorph" });
    else htmx.ajax("GET", location.href, { target: part, swap: "outerMorph", select: `#${part.id}` });
  }
}
