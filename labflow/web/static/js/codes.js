/* What a burst may say: a whole labflow code (the rules of labflow/foundation/codes.py) or an outside code. */

const ALPHABET = "0123456789BCDEFGHJKNPRSTVX";
const CHECK_ALPHABET = `${ALPHABET}*+-`; // ISO 7064 needs 29 signs; the last three are never issued
const OWN_CODE = new RegExp(`^[SPDHRT][${ALPHABET}]{8}$`);
const SYMBOLOGY = /^\][A-Za-z]\d/; // the AIM prefix that some scanners put before the code
const SEPARATORS = /^\x1d+|\x1d+$/g; // FNC1 as scanners send it
const FRENCH_DIGITS = "à&é\"'(-è_ç"; // the digit row of an AZERTY keyboard, 0 to 9

export const UNREADABLE = {
  title: "Could not read that barcode",
  detail: "Scan it again or type the number.",
};
export const FRENCH_KEYBOARD = {
  title: "This scanner is set to a French keyboard",
  detail: "Scan the set-up card.",
};

/** Whether the text is one of labflow's own codes, with the check character that belongs to it. */
export function isOwnCode(text) {
  return OWN_CODE.test(text) && checksum(text) === 1;
}

function checksum(text) {
  return [...text].reduce((sum, sign) => (2 * sum + CHECK_ALPHABET.indexOf(sign)) % CHECK_ALPHABET.length, 0);
}

/** The page's registered outside patterns; Python writes named groups as (?P<name>…). */
export function outsidePatterns(sources) {
  return sources.map((source) => new RegExp(`^(?:${source.replaceAll("(?P<", "(?<")})$`));
}

/** {code} for a whole code, otherwise {fault} with the words for it. Nothing is ever completed or guessed. */
export function readCode(text, outside = []) {
  const bare = text.replace(SYMBOLOGY, "").replace(SEPARATORS, "");
  if (isOwnCode(bare.toUpperCase())) return { code: bare.toUpperCase() };
  const known = [bare, bare.toUpperCase()].find((form) => outside.some((pattern) => pattern.test(form)));
  if (known !== undefined) return { code: known };
  return { fault: isFrench(bare) ? FRENCH_KEYBOARD : UNREADABLE };
}

function isFrench(text) {
  const digits = [...text].map((sign) => (FRENCH_DIGITS.includes(sign) ? FRENCH_DIGITS.indexOf(sign) : sign));
  return !OWN_CODE.test(text.toUpperCase()) && OWN_CODE.test(digits.join("").toUpperCase());
}
