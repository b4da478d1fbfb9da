/* Scans on their way to the server: kept first, then sent in order, each with its own id, until they are answered. */

import { isOwnCode } from "./codes.js";

const BATCH = 100;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const LEND_MS = 3_000; // how long another tab has for what was scanned in it
const SETS_CONTEXT = /^[PDRT]/; // places, do-cards, racks and bags decide what the scans behind them mean
const PERSONAL = { action: null, reason: null, count: null, place: null, bag: null };

export class ScanQueue {
  #stored = []; // as the store had them when it was last read
  #arriving = new Map(); // event id → scan that is being stored
  #person;
  #badge; // who is signed in, as far as this page knows
  #store;
  #send;
  #tabs;
  #context;
  #tell;
  #isBusy = false;
  #isAskedAgain = false;
  #isSignedIn = true;
  #isSwitched = false; // the page is about to come again for somebody else
  #isOneByOne = false;
  #isAway = false; // the last attempt did not reach the server
  #retry = null;
  #look = null;
  #wait = FIRST_WAIT_MS;
  #lastOrder = 0;

  /**
   * `store` is a ScanStore; `person` {badge, name} is who the page is for; `send` {scans(context, scans), badge(scan)}
   * answers as sending.js does and never throws; `tabs` is tabs.js; `context()` gives the codes of the context; `tell`
   * hears {verdicts(list), changed(), paused(problem)}.
   */
  constructor({ store, person, send, tabs, context, tell }) {
    [this.#store, this.#person, this.#badge] = [store, person, person.badge];
    [this.#send, this.#tabs, this.#context, this.#tell] = [send, tabs, context, tell];
    tabs.hearTabs("scans", () => this.#lookSoon());
    tabs.hearTabs("your-scans", ({ tab }) => tab === tabs.tab && this.drain());
  }

  /** How many scans of the person signed in, and of badges scanned since, wait for the server. */
  get length() {
    return this.#sorted().waiting.length;
  }

  /** Whose scans wait until they are signed in here again: [{badge, name or null, count}]. */
  get parked() {
    const people = new Map();
    for (const { badge, name } of this.#sorted().parked) {
      const person = people.get(badge) ?? { badge, name: null, count: 0 };
      people.set(badge, { badge, name: name ?? person.name, count: person.count + 1 });
    }
    return [...people.values()];
  }

  /** The waiting scans of this person that say more than a code of labflow does: they name a child. */
  get telling() {
    return this.#sorted().waiting.filter(({ second, code }) => second || !isOwnCode(code));
  }

  /** Whether the last attempt did not reach the server. */
  get isRetrying() {
    return this.#isAway;
  }

  /** The badge that was scanned last and waits for the server, or null. */
  get badgeUnderWay() {
    return this.#all().findLast(isBadgeScan)?.code ?? null;
  }

  /** Whether everything that waits survives the end of this tab. */
  get isKept() {
    return this.#arriving.size === 0 && this.#store.isKept;
  }

  /** Ends when the scan is kept; `second` is the identifier beside a typed code, `choice` an answer to CHOOSE. */
  async add(code, readBy, { second = null, choice = null } = {}) {
    const scan = this.#made({ code, read_by: readBy, second, choice });
    this.#arriving.set(scan.event_id, scan);
    await this.#store.put([scan]);
    this.#arriving.delete(scan.event_id);
    this.#stored.push(scan);
    this.#changed();
    if (!this.isRetrying) this.drain();
  }

  /** Sends what waits, one request at a time in all tabs, until nothing waits or the server cannot be reached. */
  async drain() {
    if (this.#isBusy) {
      this.#isAskedAgain = true;
      return;
    }
    this.#isBusy = true;
    clearTimeout(this.#retry);
    try {
      await this.#tabs.alone("scans", () => this.#sendAll());
    } finally {
      this.#isBusy = false;
    }
    if (this.#isAskedAgain && !this.isRetrying) this.drain();
  }

  /** Reads again what waits, of all tabs. */
  async look() {
    this.#stored = await this.#store.all();
    this.#lastOrder = Math.max(this.#lastOrder, this.#stored.at(-1)?.order ?? 0);
    this.#changed(false);
  }

  /** Throws away what `telling` lists. */
  async discardTelling() {
    const scans = this.telling;
    await this.#remove(scans);
    this.#changed();
  }

  /* A scan belongs to whoever's badge was scanned last, also while that badge waits for the server. */
  #made(read) {
    const badge = this.badgeUnderWay ?? this.#badge;
    const mine = badge === this.#person.badge;
    const context = this.#context();
    this.#lastOrder = Math.max(Date.now(), this.#lastOrder + 1);
    return {
      ...read,
      order: this.#lastOrder,
      event_id: this.#tabs.newId(),
      occurred_at: new Date().toISOString(),
      badge,
      name: mine ? this.#person.name : null,
      tab: this.#tabs.tab,
      tries: 0,
      late: this.isRetrying,
      context: mine ? context : { ...context, ...PERSONAL },
    };
  }

  async #sendAll() {
    this.#isSignedIn = true;
    do {
      this.#isAskedAgain = false;
      await this.look();
    } while (!this.#isSwitched && (await this.#sendNext()));
  }

  async #sendNext() {
    const [first] = this.#sendable();
    if (!first) return false;
    if (await this.#tabs.isOpen(first.tab)) return this.#lend(first);
    const batch = this.#batchFrom(first);
    const answer = isBadgeScan(first) ? await this.#send.badge(first) : await this.#send.scans(...onTheWire(batch));
    this.#isAway = "again" in answer;
    if (answer.verdicts) return this.#answered(batch, answer.verdicts);
    if (answer.refused) return this.#refused(batch, answer.refused);
    if (answer.paused || answer.other) return this.#paused(answer.paused ?? answer.other);
    await this.#sendLater(batch, answer.again);
    return false;
  }

  /* Up to the first badge, what belongs to who is signed in; nothing of theirs left, the badge itself. */
  #sendable() {
    const badgeAt = this.#stored.findIndex(isBadgeScan);
    const before = badgeAt < 0 ? this.#stored : this.#stored.slice(0, badgeAt);
    const mine = this.#isSignedIn ? before.filter(({ badge }) => badge === this.#badge) : [];
    return mine.length > 0 || badgeAt < 0 ? mine : [this.#stored[badgeAt]];
  }

  #batchFrom(first) {
    const batch = [];
    for (const scan of this.#sendable().slice(0, this.#isOneByOne ? 1 : BATCH)) {
      if (scan.tab !== first.tab || !isSame(scan.context, first.context)) break;
      batch.push(scan);
      if (SETS_CONTEXT.test(scan.code)) break;
    }
    return batch;
  }

  /* The tab in which they were scanned sends them, because it shows the verdicts and holds the context. */
  #lend({ tab }) {
    this.#tabs.tellTabs({ kind: "your-scans", tab });
    this.#lookSoon();
    return false;
  }

  async #answered(batch, verdicts) {
    const known = verdicts.filter(({ event_id }) => batch.some((scan) => scan.event_id === event_id));
    if (known.length === 0) {
      await this.#sendLater(batch, null);
      return false;
    }
    this.#wait = FIRST_WAIT_MS;
    const answered = batch.filter(({ event_id }) => known.some((verdict) => verdict.event_id === event_id));
    const written = this.#settle(answered, known);
    this.#announce(batch[0], known);
    await written;
    return !this.#isSwitched;
  }

  /* What a scan set goes to the scans behind it that were made before it was answered. */
  async #settle(answered, verdicts) {
    const changes = verdicts.map(({ context }) => context ?? {});
    const { badge, tab, order } = answered.at(-1);
    const behind = this.#all().filter((scan) => scan.order > order && scan.badge === badge && scan.tab === tab);
    const isChanged = changes.some((change) => Object.keys(change).length > 0);
    if (isChanged) behind.forEach((scan) => changes.forEach((change) => setContext(scan.context, change)));
    const changed = isChanged && behind.length > 0 ? this.#store.put(behind) : null;
    const removed = this.#remove(answered);
    await Promise.all([changed, removed]);
  }

  #announce(first, verdicts) {
    this.#changed();
    if (isBadgeScan(first)) return this.#announceBadge(first, verdicts[0]);
    // Of a tab that was closed: what its scans set ends with it, and no page opens for them.
    const ofNoPage = (verdict) => ({ ...verdict, context: {}, url: null });
    this.#tell.verdicts(first.tab === this.#tabs.tab ? verdicts : verdicts.map(ofNoPage));
  }

  /* The page comes again for the new person and goes on; to sign in by password it leaves only with no badge behind. */
  #announceBadge({ code }, verdict) {
    if (verdict.verdict === "OK") [this.#badge, this.#isSwitched] = [code, true];
    this.#tell.verdicts([this.badgeUnderWay ? { ...verdict, url: null } : verdict]);
  }

  /* A batch is refused as a whole; one by one the faulty scan shows itself and the others go through. */
  async #refused(batch, { title, detail }) {
    if (batch.length > 1) {
      this.#isOneByOne = true;
      return true;
    }
    const [{ event_id, code }] = batch;
    await this.#remove(batch);
    this.#announce(batch[0], [{ event_id, code, verdict: "CHOOSE", title, detail, url: null }]);
    return true;
  }

  /* Nobody, or somebody else, is signed in: the scans stay, and a badge among them may be the answer. */
  #paused(problem) {
    this.#isSignedIn = false;
    this.#tell.paused(problem);
    return true;
  }

  async #sendLater(batch, wait) {
    batch.forEach((scan) => (scan.tries += 1));
    const waiting = this.#sorted().waiting;
    waiting.forEach((scan) => (scan.late = true));
    this.#isAway = true;
    this.#retry = setTimeout(() => this.drain(), wait ?? this.#wait);
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
    this.#changed(false);
    await this.#store.put(waiting);
  }

  #lookSoon() {
    clearTimeout(this.#look);
    this.#look = setTimeout(() => this.isRetrying || this.drain(), LEND_MS);
    if (!this.#isBusy) this.look();
  }

  #remove(scans) {
    const ids = new Set(scans.map(({ event_id }) => event_id));
    this.#stored = this.#stored.filter(({ event_id }) => !ids.has(event_id));
    this.#isOneByOne &&= this.#stored.length > 0;
    return this.#store.remove(scans);
  }

  #all() {
    return [...this.#stored, ...this.#arriving.values()];
  }

  #sorted() {
    let who = this.#badge;
    const [waiting, parked] = [[], []];
    for (const scan of this.#all()) {
      if (isBadgeScan(scan)) who = scan.code;
      (isBadgeScan(scan) || scan.badge === who ? waiting : parked).push(scan);
    }
    return { waiting, parked };
  }

  #changed(isMine = true) {
    this.#tell.changed();
    if (isMine) this.#tabs.tellTabs({ kind: "scans" });
  }
}

/** Whether this scan asks to change the person; a typed badge is a code like others, and refused. */
export function isBadgeScan({ code, read_by }) {
  return code.startsWith("H") && read_by !== "typed" && isOwnCode(code);
}

function onTheWire(batch) {
  const [{ context, badge }] = batch;
  const scans = batch.map(({ event_id, code, occurred_at, read_by, late, second, choice }) =>
    ({ event_id, code, occurred_at, read_by, late, second, choice }));
  return [{ ...context, badge }, scans];
}

function setContext(context, change) {
  if ("action" in change) {
    const { code = null, reason = null, count = null } = change.action ?? {};
    Object.assign(context, { action: code, reason, count });
  }
  if ("place" in change) context.place = change.place?.code ?? null;
  if ("bag" in change) context.bag = change.bag;
}

function isSame(one, other) {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
}
