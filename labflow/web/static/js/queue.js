/* Scans on their way to the server: in order, each with its own id, sent again until they are answered. */

const BATCH = 100;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const SETS_CONTEXT = /^[PDHT]/; // places, do-cards, badges and bags decide what the scans behind them mean

export class ScanQueue {
  #waiting;
  #store;
  #send;
  #context;
  #tell;
  #busy = false;
  #retry = null;
  #wait = FIRST_WAIT_MS;
  #oneByOne = false;

  /**
   * `store` keeps the unsent scans {load(), save(scans)}; `send(context, scans)` answers {verdicts}, {again: ms or
   * null}, {paused: problem} or {refused: problem} and never throws; `context()` gives the codes of the context;
   * `tell` hears {verdicts(list), changed(), paused(problem)}.
   */
  constructor({ store, send, context, tell }) {
    [this.#store, this.#send, this.#context, this.#tell] = [store, send, context, tell];
    this.#waiting = store.load();
  }

  get length() {
    return this.#waiting.length;
  }

  /** Whether the last attempt did not reach the server. */
  get isRetrying() {
    return this.#retry !== null;
  }

  add(code, readBy) {
    const occurredAt = new Date().toISOString();
    this.#waiting.push({ event_id: crypto.randomUUID(), code, occurred_at: occurredAt, read_by: readBy });
    this.#changed();
    if (!this.isRetrying) this.drain();
  }

  /** Sends what waits, one request at a time, until nothing waits or the server cannot be reached. */
  async drain() {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#retry);
    this.#retry = null;
    try {
      while (this.#waiting.length > 0 && (await this.#sendNext()));
    } finally {
      this.#busy = false;
    }
  }

  async #sendNext() {
    const batch = this.#nextBatch();
    const scans = batch.map(({ context, ...scan }) => scan);
    const answer = await this.#send(batch[0].context, scans);
    if (answer.verdicts) return this.#answered(answer.verdicts);
    if (answer.refused) return this.#refused(batch, answer.refused);
    if (answer.paused) this.#tell.paused(answer.paused);
    else this.#sendLater(answer.again);
    return false;
  }

  /* A scan keeps the context of its first attempt, so that sending it again says the same. */
  #nextBatch() {
    const first = this.#waiting[0];
    first.context ??= this.#context();
    const batch = [];
    for (const scan of this.#waiting.slice(0, this.#oneByOne ? 1 : BATCH)) {
      if (scan.context && !isSame(scan.context, first.context)) break;
      scan.context = first.context;
      batch.push(scan);
      if (SETS_CONTEXT.test(scan.code)) break;
    }
    this.#store.save(this.#waiting);
    return batch;
  }

  #answered(verdicts) {
    const known = verdicts.filter(({ event_id }) => this.#waiting.some((scan) => scan.event_id === event_id));
    this.#drop(known.map(({ event_id }) => event_id));
    this.#wait = FIRST_WAIT_MS;
    if (known.length === 0) {
      this.#sendLater(null);
      return false;
    }
    this.#tell.verdicts(known);
    return true;
  }

  /* A batch is refused as a whole; one by one the faulty scan shows itself and the others go through. */
  #refused(batch, { title, detail }) {
    if (batch.length > 1) {
      this.#oneByOne = true;
      return true;
    }
    const [{ event_id, code }] = batch;
    this.#drop([event_id]);
    this.#tell.verdicts([{ event_id, code, verdict: "CHOOSE", title, detail, url: null }]);
    return true;
  }

  #sendLater(wait) {
    this.#retry = setTimeout(() => this.drain(), wait ?? this.#wait);
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
    this.#tell.changed();
  }

  #drop(eventIds) {
    this.#waiting = this.#waiting.filter(({ event_id }) => !eventIds.includes(event_id));
    this.#oneByOne &&= this.#waiting.length > 0;
    this.#changed();
  }

  #changed() {
    this.#store.save(this.#waiting);
    this.#tell.changed();
  }
}

function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Keeps unsent scans in this tab under the badge of whoever scanned them, so that nobody else sends them. */
export function tabStore(badge) {
  const key = `labflow.scans.${badge}`;
  return {
    load: () => JSON.parse(sessionStorage.getItem(key) ?? "[]"),
    save: (scans) =>
      scans.length ? sessionStorage.setItem(key, JSON.stringify(scans)) : sessionStorage.removeItem(key),
  };
}

/** Posts to labflow and turns every way it can answer into the words of ScanQueue. */
export async function post(context, scans) {
  let response;
  let body;
  try {
    response = await fetch("/api/v1/scans", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify({ context, scans }),
      signal: AbortSignal.timeout(15_000),
    });
    body = await response.json();
  } catch {
    return { again: null };
  }
  if (response.ok) return { verdicts: body.verdicts };
  if (response.status === 429 || response.status >= 500) return { again: retryAfter(response) };
  // 400 is the token of a page that outlived its sign-in: like 401 it says nothing about the scan.
  return [400, 401].includes(response.status) ? { paused: body } : { refused: body };
}

function retryAfter(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? 1000 * seconds : null;
}

function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]').content;
}
