/* The tabs of one browser: what they do one at a time, what they tell each other, and which are still open. */

const KEY = "labflow.tab";
const channel = new BroadcastChannel("labflow");

/** This tab's name; it outlives reloads. */
export const tab = (sessionStorage[KEY] ??= newId());

// Held as long as the page lives, so that the others know. A page of the same tab may still be going away.
navigator.locks?.request(nameOf(tab), { mode: "shared" }, () => new Promise(() => {}));

/** Whether a page of that tab is open now. */
export async function isOpen(other) {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return other !== tab && held.some(({ name }) => name === nameOf(other));
}

/** Does the work while no other tab does work of this name. */
export function alone(name, work) {
  return navigator.locks ? navigator.locks.request(`labflow.${name}`, work) : work();
}

/** Tells the other tabs {kind, …}. */
export function tellTabs(message) {
  channel.postMessage(message);
}

/** Hears what the other tabs tell. */
export function hearTabs(kind, hear) {
  channel.addEventListener("message", ({ data }) => data.kind === kind && hear(data));
}

/** A random UUID; `crypto.randomUUID` is missing where a page came over plain http. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const [...bytes] = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function nameOf(id) {
  return `labflow.tab.${id}`;
}
