/* What waits on this device, in words above the page: of every topic some lines, each with what can be done. */

const box = document.getElementById("waiting-here");
const topics = new Map();

/** Shows these lines {words, actions: [{words, href or act}]} of the topic in place of its earlier ones. */
export function say(topic, lines) {
  if (JSON.stringify(lines) === JSON.stringify(topics.get(topic) ?? [])) return; // not read out again
  topics.set(topic, lines);
  const shown = [...topics.values()].flat();
  box.replaceChildren(...shown.map(lineOf));
  box.hidden = shown.length === 0;
}

/** Says whose scans wait until they sign in here, which badge waits, and that nothing is kept where that is so. */
export function sayScans({ parked, badgeUnderWay, isKept }) {
  const lines = parked.map(({ badge, name, count }) => ({ words: waitsFor(countOf(count, "scan"), name ?? badge, count) }));
  if (badgeUnderWay) {
    lines.push({ words: `Badge ${badgeUnderWay} waits for the server. What is scanned now belongs to that person.` });
  }
  if (!isKept) {
    lines.push({
      words: "This browser keeps nothing here (a private window, or a full disk). Scans are sent from this page alone: leave it open until they are.",
    });
  }
  say("scans", lines);
}

/** “3 scans of K. Osei wait until K. Osei signs in here.” */
export function waitsFor(what, who, count) {
  return `${what} of ${who} ${count === 1 ? "waits" : "wait"} until ${who} signs in here.`;
}

export function countOf(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** Hours and minutes on this device's clock. */
export function clock(time) {
  return new Date(time).toTimeString().slice(0, 5);
}

function lineOf({ words, actions = [] }) {
  const line = Object.assign(document.createElement("p"), { textContent: `${words} ` });
  line.append(...actions.map(actionOf));
  return line;
}

function actionOf({ words, href, act }) {
  const element = document.createElement(href ? "a" : "button");
  Object.assign(element, { textContent: words, className: "btn btn-sm btn-secondary" });
  if (href) element.href = href;
  else Object.assign(element, { type: "button", onclick: act });
  return element;
}
