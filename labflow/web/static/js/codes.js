/* What a burst may say: a whole labflow code (the rules of labflow/foundation/codes.py) or an outside code. */

import { LAYOUTS } from "./layouts.js";

const ALPHABET = "0123456789BCDEFGHJKNPRSTVX";
const CHECK_ALPHABET = `${ALPHABET}*+-`; // ISO 7064 needs 29 signs; the last three are never issued
const OWN_CODE = new RegExp(`^[SPDHRT][${ALPHABET}]{8}$`);
/* The AIM prefix (ISO/IEC 15424) that some scanners put before the code: ]C1, ]d2, ]Q3; some leave the last sign out. */
const SYMBOLOGY = [/^\][A-Za-z][\dA-Fa-f]/, /^\][A-Za-z]/];
const SEPARATORS = /^\x1d+|\x1d+$/g; // FNC1 as scanners send it
const PRODUCT = /^\d{8}$|^\d{12,14}$/; // EAN-8, UPC-A, EAN-13, GTIN-14
const GS1 = /^(?:\][Cd][12])?\x1d?\(?0[01]\)?\d{14,18}/;
const ISBT_128 = /^(?:\]C0)?[=&][A-Z0-9%]/;

/** What the card of /scan/check says: signs that French and German keyboards move, and all digits. */
export const TEST_CARD = "AZQYWM-1234567890";

export const UNREADABLE = {
  title: "Could not read that barcode",
  detail: "Scan it again or type the number.",
};
const SCAN_OURS = "Scan the label that labflow printed, or type its number.";
const OTHERS = [
  [(text) => PRODUCT.test(text) && hasProductCheck(text), "That is the barcode of a product"],
  [(text) => GS1.test(text), "That is a GS1 barcode, of a product or of another laboratory"],
  [(text) => ISBT_128.test(text), "That is an ISBT 128 barcode, of a blood bank"],
];
const CHECK_SCANNER = "/scan/check";

/** Whether the text is one of labflow's own codes, with the check character that belongs to it. */
export function isOwnCode(text) {
  return OWN_CODE.test(text) && checksum(text) === 1;
}

function checksum(text) {
  return [...text].reduce((sum, sign) => (2 * sum + CHECK_ALPHABET.indexOf(sign)) % CHECK_ALPHABET.length, 0);
}

function hasProductCheck(digits) {
  return [...digits].reverse().reduce((sum, digit, place) => sum + Number(digit) * (place % 2 ? 3 : 1), 0) % 10 === 0;
}

/** The page's registered outside patterns; Python writes named groups as (?P<name>…). */
export function outsidePatterns(sources) {
  return sources.map((source) => new RegExp(`^(?:${source.replaceAll("(?P<", "(?<")})$`));
}

/** {code} for a whole code, otherwise {fault} with the words for it. Nothing is ever completed or guessed. */
export function readCode(text, outside = []) {
  const code = wholeCode(text, outside);
  return code === undefined ? { fault: faultOf(text, outside) } : { code };
}

function wholeCode(text, outside) {
  const forms = bareForms(text);
  const own = forms.map((form) => form.toUpperCase()).find(isOwnCode);
  if (own !== undefined) return own;
  return forms.flatMap((form) => [form, form.toUpperCase()]).find((form) => outside.some((one) => one.test(form)));
}

/** The text without what a scanner may put around the code: as it is, and without each form of prefix. */
export function bareForms(text) {
  return [text, ...SYMBOLOGY.map((prefix) => text.replace(prefix, ""))].map((form) => form.replace(SEPARATORS, ""));
}

function faultOf(text, outside) {
  const layout = layoutOf(text, outside);
  if (layout !== null) {
    return { title: `This scanner is set to a ${layout} keyboard`, detail: "Scan the set-up card.", url: CHECK_SCANNER };
  }
  const bare = bareForms(text);
  if (bare.some((form) => form.toUpperCase() === TEST_CARD)) {
    return { title: "That is the scanner's test card", detail: "It is read on the page “Check the scanner”.", url: CHECK_SCANNER };
  }
  const other = OTHERS.find(([is]) => bare.some(is));
  return other ? { title: other[1], detail: SCAN_OURS } : UNREADABLE;
}

/** The keyboard that this text was typed with by mistake, "French" or "German", or null. */
export function layoutOf(text, outside = []) {
  if (looksOurs(text, outside)) return null;
  const found = LAYOUTS.find(({ own, turnBack }) => own.test(text) || looksOurs(turnBack(text), outside));
  return found?.name ?? null;
}

function looksOurs(text, outside) {
  const forms = bareForms(text).map((form) => form.toUpperCase());
  return wholeCode(text, outside) !== undefined || forms.some((form) => form === TEST_CARD || OWN_CODE.test(form));
}
