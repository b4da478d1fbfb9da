/* Tells a scanner's burst of keys from a person's typing. Pure: times come in with the keys. */

export const RESET_MS = 300; // a longer pause starts a new burst; slow Bluetooth scanners pause up to 250 ms
export const SETTLE_MS = 120; // a whole code without a suffix has ended when nothing follows for so long
export const GIVE_UP_MS = 2500; // anything else may still be on its way through a busy computer
const SECOND_END_MS = 50; // CR and LF, or a doubled Enter, end one burst
const SCANNER_GAP_MS = 50; // a fast typist needs 65 ms a key
const SHORT = 6; // fewer signs must come faster still before they count as a scan
const SHORT_GAP_MS = 30;
const LONE_GAP_MS = 10; // one sign and its end: no two fingers are that quick
const MOST_SIGNS = 500; // no code is longer; a burst may be

const SILENT = new Set(["Shift", "CapsLock", "NumLock", "Control", "Alt", "AltGraph", "Meta", "Fn"]);
const ENDS = new Set(["Enter", "Tab"]);
const UNKNOWN_SIGN = "\ufffd";
const GROUP_SEPARATOR = "\x1d";
const NOTHING = Object.freeze({ first: false, swallow: false, text: null, slow: null });

export class Burst {
  #signs = [];
  #gaps = { all: 0, short: 0, scanner: 0 };
  #lastAt = -Infinity;
  #endedAt = -Infinity;
  #endMayFollowFor = SECOND_END_MS;
  #isTail = false;

  /**
   * Takes one key {key, code, at, repeat, command} (`command`: Ctrl, Alt or Meta is held).
   * Answers {first, swallow, text, slow}: whether it begins a burst, whether the page must not act on it, and, when it
   * ends one, the text of a scanner's burst or of one so slow that a person may have typed it.
   */
  feed(stroke) {
    if (SILENT.has(stroke.key)) return NOTHING;
    if (stroke.repeat || this.isOver(stroke.at)) this.reset();
    if (isEnd(stroke)) return this.#end(stroke.at);
    const sign = signOf(stroke);
    if (stroke.repeat || (sign === UNKNOWN_SIGN && !this.#follows(stroke.at))) return this.#forget();
    this.#count(stroke.at);
    if (this.#signs.length < MOST_SIGNS) this.#signs.push(sign);
    return { ...NOTHING, first: this.#gaps.all === 0, swallow: this.isScanner || sign === UNKNOWN_SIGN };
  }

  /** The slow burst that just ended at this time was a scanner's after all. */
  accept(at) {
    this.#endedAt = at;
    this.#endMayFollowFor = SECOND_END_MS;
  }

  /** The text of a burst that ended without Enter or Tab. Called when no key followed. */
  settle() {
    const { text } = this;
    this.#endedAt = this.#lastAt;
    this.#endMayFollowFor = RESET_MS; // a late Enter still belongs to it
    this.reset();
    return text;
  }

  /** Whether the next key, at this time, begins another burst. */
  isOver(at) {
    return at - this.#lastAt > RESET_MS;
  }

  get text() {
    return this.#signs.join("");
  }

  /** Whether the keys so far came as fast as only a scanner sends them, by the median: one hiccup is no fault. */
  get isScanner() {
    if (this.#isTail) return true;
    const { all, short, scanner } = this.#gaps;
    return all >= 2 && (this.#signs.length < SHORT ? short : scanner) > Math.floor(all / 2);
  }

  reset() {
    this.#signs = [];
    this.#gaps = { all: 0, short: 0, scanner: 0 };
    this.#lastAt = -Infinity;
    this.#isTail = false;
  }

  #count(at) {
    if (this.#signs.length === 0) {
      this.#isTail = at - this.#endedAt <= SECOND_END_MS; // what follows an end inside a damaged code
    } else {
      const gap = at - this.#lastAt;
      this.#gaps.all += 1;
      this.#gaps.short += gap <= SHORT_GAP_MS;
      this.#gaps.scanner += gap <= SCANNER_GAP_MS;
    }
    this.#lastAt = at;
  }

  /* F5 or Esc so soon after a sign came from the code, not from a hand. */
  #follows(at) {
    return this.isScanner || at - this.#lastAt <= SHORT_GAP_MS;
  }

  #forget() {
    this.reset();
    return NOTHING;
  }

  #end(at) {
    if (this.#signs.length === 0) {
      return { ...NOTHING, swallow: at - this.#endedAt <= this.#endMayFollowFor };
    }
    const isLone = this.#signs.length === 1 && at - this.#lastAt <= LONE_GAP_MS;
    this.#count(at); // two signs and an Enter have two gaps
    const text = this.text;
    const isScanner = isLone || this.isScanner;
    this.reset();
    if (isScanner) this.accept(at);
    return { first: false, swallow: isScanner, text: isScanner ? text : null, slow: isScanner ? null : text };
  }
}

function isEnd({ key, command }) {
  return ENDS.has(key) || (command && /^[jm]$/i.test(key)); // LF and CR as control keys
}

function signOf({ key, code, command }) {
  const numpad = /^Numpad(\d)$/.exec(code ?? "");
  if (numpad) return numpad[1]; // also where NumLock is off and the key says Home
  if (command) return key === "]" ? GROUP_SEPARATOR : UNKNOWN_SIGN;
  return [...key].length === 1 ? key : UNKNOWN_SIGN;
}
