/* Tells a scanner's burst of keys from a person's typing. Pure: times come in with the keys. */

const RESET_MS = 300; // a longer pause starts a new burst; slow Bluetooth scanners pause up to 250 ms
export const SETTLE_MS = 120; // a whole code without a suffix has ended when nothing follows for so long
export const GIVE_UP_MS = 1000; // anything else may still be on its way through a busy computer
const SECOND_END_MS = 50; // CR and LF, or a doubled Enter, end one burst
const SCANNER_GAP_MS = 50; // a fast typist needs 65 ms a key
const SHORT = 6; // fewer signs must come faster still before they count as a scan
const SHORT_GAP_MS = 30;

const SILENT = new Set(["Shift", "CapsLock", "NumLock", "Control", "Alt", "AltGraph", "Meta", "Fn"]);
const ENDS = new Set(["Enter", "Tab"]);
const UNKNOWN_SIGN = "\ufffd";
const GROUP_SEPARATOR = "\x1d";
const NOTHING = Object.freeze({ first: false, swallow: false, text: null });

export class Burst {
  #signs = [];
  #times = [];
  #endedAt = -Infinity;
  #endMayFollowFor = SECOND_END_MS;

  /**
   * Takes one key {key, code, at, repeat, command} (`command`: Ctrl, Alt or Meta is held).
   * Answers {first, swallow, text}: whether it begins a burst, whether the page must not act on it, and the text
   * when it ends a scanner's burst.
   */
  feed(stroke) {
    if (SILENT.has(stroke.key)) return NOTHING;
    if (stroke.repeat || this.isOver(stroke.at)) this.reset();
    if (isEnd(stroke)) return this.#end(stroke.at);
    const sign = signOf(stroke);
    if (stroke.repeat || (sign === UNKNOWN_SIGN && !this.isScanner)) return this.#forget();
    this.#signs.push(sign);
    this.#times.push(stroke.at);
    return { first: this.#signs.length === 1, swallow: this.isScanner, text: null };
  }

  /** The text of a scanner's burst that ended without Enter or Tab, or null. Called when no key followed. */
  settle() {
    if (!this.isScanner) return null;
    const [text, lastAt] = [this.text, this.#lastAt];
    this.reset();
    this.#endedAt = lastAt;
    this.#endMayFollowFor = RESET_MS; // a late Enter still belongs to it
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
    const gaps = this.#times.slice(1).map((at, index) => at - this.#times[index]).sort((a, b) => a - b);
    if (gaps.length < 2) return false;
    return gaps[Math.floor(gaps.length / 2)] <= (this.#signs.length < SHORT ? SHORT_GAP_MS : SCANNER_GAP_MS);
  }

  reset() {
    this.#signs = [];
    this.#times = [];
  }

  #forget() {
    this.reset();
    return NOTHING;
  }

  #end(at) {
    if (this.#signs.length === 0) {
      return { ...NOTHING, swallow: at - this.#endedAt <= this.#endMayFollowFor };
    }
    const text = this.isScanner ? this.text : null;
    this.reset();
    if (text === null) return NOTHING;
    this.#endedAt = at;
    this.#endMayFollowFor = SECOND_END_MS;
    return { first: false, swallow: true, text };
  }

  get #lastAt() {
    return this.#times.at(-1) ?? -Infinity;
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
