/* What a scanner's keys say about its settings. Pure: {key, code, at} in, words out. */

import { bareForms, isOwnCode, layoutOf, TEST_CARD } from "./codes.js";

const FEWEST_SIGNS = 5; // less is a person at the keyboard
const SLOW_MS = 50;
const ENDINGS = { Enter: "Enter", Tab: "Tab" };
const FIX = {
  French: "The computer's keyboard is French and the scanner types for another one: set the scanner's country to France.",
  German: "The computer's keyboard is German and the scanner types for another one: set the scanner's country to Germany.",
  suffix: "Nothing ends the code: set the suffix to Enter. Until then each scan is taken after a short wait.",
  slow: "The keys come slowly, as over a bad Bluetooth link: set the delay between characters to 0. A scan into a text field is not seen at this speed.",
  caps: "Capitals come inverted: turn Caps Lock off, or set the scanner to override it. labflow reads its own codes either way.",
  prefix: (signs) => `The scanner puts “${signs}” before the code: take that prefix away.`,
  damaged: "What came is neither the test card nor a labflow code: scan it again, closer and straight.",
};

/** {text, suffix, prefix, layout, caps, speed, verdict, fixes} of a burst; null when it was too short to be one. */
export function report(strokes) {
  const last = strokes.at(-1)?.key;
  const isControlEnd = strokes.at(-1)?.how === "with Ctrl" && /^[jm]$/i.test(last);
  const signs = strokes.filter(({ key, how }) => key.length === 1 && how !== "with Ctrl");
  const text = strokes.find(({ how }) => how === "paste")?.key.trim() ?? signs.map(({ key }) => key).join("");
  if (text.length < FEWEST_SIGNS) return null;
  const read = reading(text);
  const pace = paceOf(signs);
  const suffix = ENDINGS[last] ?? (isControlEnd ? "Ctrl-J" : "none");
  const fixes = fixesOf(read, pace, suffix);
  return { text, suffix, ...words(read, pace), verdict: fixes.length ? "CHOOSE" : "OK", fixes };
}

/* What the text is, tried from the best to the worst explanation. */
function reading(text) {
  const layout = layoutOf(text);
  const aim = bareForms(text).find(isKnown);
  if (layout !== null) return { layout };
  if (aim !== undefined) return { prefix: text.slice(0, text.length - aim.length), isAim: true };
  const turned = bareForms(invert(text)).find(isKnown);
  if (turned !== undefined) return { isInverted: true };
  const place = text.toUpperCase().indexOf(TEST_CARD);
  return place > 0 ? { prefix: text.slice(0, place) } : { isDamaged: true };
}

function isKnown(text) {
  return text === TEST_CARD || isOwnCode(text);
}

function invert(text) {
  return [...text].map((sign) => (sign === sign.toUpperCase() ? sign.toLowerCase() : sign.toUpperCase())).join("");
}

function paceOf(signs) {
  const gaps = signs.slice(1).map(({ at }, place) => at - signs[place].at).sort((one, other) => one - other);
  return { usual: Math.round(gaps[Math.floor(gaps.length / 2)] ?? 0), longest: Math.round(gaps.at(-1) ?? 0) };
}

function fixesOf({ layout, prefix, isAim, isInverted, isDamaged }, { usual }, suffix) {
  return [
    layout && FIX[layout],
    isDamaged && FIX.damaged,
    isInverted && FIX.caps,
    prefix && !isAim && FIX.prefix(prefix),
    suffix === "none" && FIX.suffix,
    usual > SLOW_MS && FIX.slow,
  ].filter(Boolean);
}

function words({ layout, prefix, isInverted, isDamaged }, { usual, longest }) {
  return {
    prefix: prefix || "nothing",
    layout: layout ? `${layout}, and the scanner is not` : isDamaged ? "not known" : "fits",
    caps: isInverted ? "inverted" : "as they are",
    speed: `${usual} ms between keys, at most ${longest} ms`,
  };
}
