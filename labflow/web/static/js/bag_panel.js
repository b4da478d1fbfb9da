/* The bag or rack of the context, on every page: what was expected, what was scanned, what is missing by name. */

const KEY = "labflow.context"; // kept by context.js
const SOON_MS = 50;
const slot = Object.assign(document.createElement("div"), { className: "bag-panel-slot", hidden: true });
let coming = null;
let asked = 0;

document.querySelector("main")?.before(slot);
document.addEventListener("labflow:verdict", soon);
document.getElementById("context-clear-bag")?.addEventListener("click", soon);
show();

function soon() {
  clearTimeout(coming);
  coming = setTimeout(show, SOON_MS);
}

/* Nothing is shown where the page has the panel of this bag itself, or nobody may see it. */
async function show() {
  const { bag } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  const number = ++asked;
  const panel = bag && !inPage(bag) ? await ask(bag) : null;
  if (number !== asked) return; // a later scan asked again
  slot.hidden = panel === null;
  if (panel !== null) slot.innerHTML = panel;
  else slot.replaceChildren();
}

function inPage(bag) {
  return document.querySelector(`main [data-bag="${CSS.escape(bag)}"]`) !== null;
}

async function ask(bag) {
  try {
    const answer = await fetch(`/bags/${encodeURIComponent(bag)}/panel`);
    return answer.ok && !answer.redirected ? await answer.text() : null;
  } catch {
    return null; // without a network the band says so
  }
}
