/* Before signing out: what waits is said, and what only this device has about a child is sent or thrown away first. */

import { forgetPages } from "./offline.js";
import { discardUnsent, sendUnsent, unsent } from "./registrations.js";
import { queue } from "./scan_listener.js";
import { clock, countOf } from "./waiting.js";

const byId = (id) => document.getElementById(id);
const dialog = byId("leaving");
const signOut = document.querySelector('form[action="/sign-out"]');

signOut.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await isFree()) leave();
  else dialog.showModal();
});

/* True when nothing waits; otherwise the dialog says what does. */
async function isFree() {
  await queue.look();
  const [registrations, telling] = [await unsent(), queue.telling];
  const silent = queue.length - telling.length;
  byId("leaving-scans").hidden = silent === 0;
  byId("leaving-count").textContent = `${countOf(silent, "scan")} ${silent === 1 ? "waits" : "wait"}`;
  const lines = registrations.map(({ number, saved_at }) => `Registration for order ${number}, ${clock(saved_at)}`);
  if (telling.length > 0) lines.push(`${countOf(telling.length, "scan")} with what was read or typed from a wristband or label`);
  byId("leaving-only-here").hidden = lines.length === 0;
  byId("leaving-go").hidden = lines.length > 0;
  byId("leaving-list").replaceChildren(...lines.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
  return silent === 0 && lines.length === 0;
}

async function leave() {
  await forgetPages();
  signOut.submit();
}

byId("leaving-stay").addEventListener("click", () => dialog.close());
byId("leaving-go").addEventListener("click", leave);
byId("leaving-send").addEventListener("click", async () => {
  await Promise.all([sendUnsent(), queue.drain()]);
  if (await isFree()) dialog.close();
});
byId("leaving-discard").addEventListener("submit", async (event) => {
  event.preventDefault();
  const isSure = byId("leaving-word").value.trim() === "THROW AWAY";
  byId("leaving-fault").hidden = isSure;
  if (!isSure) return;
  event.target.reset();
  await discardUnsent();
  await queue.discardTelling();
  if (await isFree()) dialog.close();
});
