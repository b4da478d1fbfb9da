/* What this device keeps until the server has it. The browser's database survives reloads and closed tabs; where it
   refuses (private windows, a full disk), scans stay in the tab alone. */

import { createStore, del, delMany, set, setMany, values } from "../vendor/idb-keyval/index.js";

const SPARE = "labflow.scans";

/** The scans that wait, of everybody who scanned on this device. */
export class ScanStore {
  #kept = createStore("labflow-scans", "scans");
  #spare = new Map(JSON.parse(sessionStorage.getItem(SPARE) ?? "[]")); // event id → scan
  #gone = new Set();

  /** Whether every scan would survive the end of this tab. */
  get isKept() {
    return this.#spare.size === 0;
  }

  /** All scans in the order in which they were made. */
  async all() {
    const kept = await allOf(this.#kept);
    const current = kept.filter(({ event_id }) => !this.#spare.has(event_id) && !this.#gone.has(event_id));
    return [...current, ...this.#spare.values()].sort((one, other) => one.order - other.order);
  }

  /** Writes these scans, new or changed. */
  async put(scans) {
    try {
      await setMany(scans.map((scan) => [keyOf(scan), scan]), this.#kept);
    } catch {
      scans.forEach((scan) => this.#spare.set(scan.event_id, scan));
      this.#saveSpare();
    }
  }

  async remove(scans) {
    scans.forEach(({ event_id }) => this.#spare.delete(event_id));
    this.#saveSpare();
    try {
      await delMany(scans.map(keyOf), this.#kept);
    } catch {
      scans.forEach(({ event_id }) => this.#gone.add(event_id));
    }
  }

  #saveSpare() {
    try {
      if (this.#spare.size) sessionStorage.setItem(SPARE, JSON.stringify([...this.#spare]));
      else sessionStorage.removeItem(SPARE);
    } catch {
      // The tab's memory has them; leaving the page warns.
    }
  }
}

async function allOf(kept) {
  try {
    return await values(kept);
  } catch {
    return []; // the browser keeps nothing here
  }
}

function keyOf({ order, event_id }) {
  return [order, event_id];
}

/** Registrations that could not be sent, one for each order's address; passwords are not among them. */
export class RegistrationStore {
  #kept = createStore("labflow-registrations", "registrations");

  async all() {
    return allOf(this.#kept);
  }

  /** Raises what the browser raises when it refuses. */
  async put(registration) {
    await set(registration.url, registration, this.#kept);
  }

  async remove({ url }) {
    await del(url, this.#kept);
  }
}
