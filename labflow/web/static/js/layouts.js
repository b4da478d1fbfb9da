/* Keyboards that a computer may be set to while the scanner sends the keys of a US one. Each turns what was typed back
   into what was sent; `own` are signs that no US keyboard has at all. */

const US_LETTERS = "abcdefghijklmnopqrstuvwxyz";

/* AZERTY: the digit row needs Shift for digits. */
const FRENCH = {
  "à": "0", "&": "1", "é": "2", '"': "3", "'": "4", "(": "5", "-": "6", "è": "7", "_": "8", "ç": "9",
  a: "q", q: "a", z: "w", w: "z", ",": "m", "?": "M", m: ";", M: ":", ")": "-", "°": "_", $: "]", "£": "}", "!": "/",
};
/* QWERTZ of Germany and Austria; Switzerland's has the same letters. */
const GERMAN = { y: "z", z: "y", "ß": "-", "-": "/", "_": "?", "?": "_", "+": "]", "*": "}", "ü": "[", "#": "\\", "ö": ";", "ä": "'" };

function turner(signs) {
  const all = { ...signs };
  for (const letter of US_LETTERS) {
    if (letter in signs && US_LETTERS.includes(signs[letter])) all[letter.toUpperCase()] = signs[letter].toUpperCase();
  }
  return (text) => [...text].map((sign) => all[sign] ?? sign).join("");
}

export const LAYOUTS = [
  { name: "French", own: /[éèçà°£]/, turnBack: turner(FRENCH) },
  { name: "German", own: /[ßüöäÜÖÄ§´]/, turnBack: turner(GERMAN) },
];
