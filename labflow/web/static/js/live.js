/* Parts of a page that a scan may have changed come again after an OK, without losing focus or half-typed text. */

import "./bag_panel.js";

const SOON_MS = 50;
let coming = null;

document.addEventListener("labflow:verdict", ({ detail }) => {
  if (detail.verdict !== "OK") return;
  clearTimeout(coming);
  coming = setTimeout(refresh, SOON_MS);
});

/* The attribute holds the address of the part's inside; empty, the part is taken from this page by its id. All of
   those come with one answer: htmx drops requests of one page that queue up. */
function refresh() {
  const parts = [...document.querySelectorAll("[data-refresh-on-verdict]")];
  for (const part of parts) {
    const address = part.dataset.refreshOnVerdict;
    if (address) htmx.ajax("GET", address, { source: part, target: part, swap: "innerMorph" });
  }
  const [first, ...others] = parts.filter(({ dataset }) => !dataset.refreshOnVerdict);
  if (!first) return;
  const selectOOB = others.map(({ id }) => `#${id}:outerMorph`).join(",");
  htmx.ajax("GET", location.href, { target: first, swap: "outerMorph", select: `#${first.id}`, selectOOB });
}
