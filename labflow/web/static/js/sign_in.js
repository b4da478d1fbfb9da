/* The sign-in page listens for one thing: a badge. */

import { isOwnCode, outsidePatterns } from "./codes.js";
import { listen } from "./keys.js";
import { meta, postJson } from "./server.js";
import { play } from "./sounds.js";

const ONLY_BADGES = { title: "That is no badge", detail: "Scan your badge, or type login and password." };
const words = document.getElementById("badge-words");
let isAsking = false;

listen(outsidePatterns(JSON.parse(meta("scan-patterns"))), { code: badgeScanned, fault: refuse });

async function badgeScanned(code) {
  if (!(code.startsWith("H") && isOwnCode(code))) return refuse(ONLY_BADGES);
  if (isAsking) return;
  isAsking = true;
  say("", `Read ${code} …`);
  const scan = { event_id: crypto.randomUUID(), badge: code, occurred_at: new Date().toISOString() };
  const answer = await postJson("/api/v1/badge", scan);
  isAsking = false;
  if (answer === null) refuse({ title: "labflow cannot be reached", detail: "Scan the badge again in a moment." });
  else if (answer.ok) answered(answer.body);
  else refuse(answer.body);
}

function answered(verdict) {
  const { url, verdict: word } = verdict;
  if (word === "OK") {
    play("OK");
    location.assign(meta("sign-in-next"));
  } else if (url) location.assign(url);
  else refuse(verdict);
}

function refuse({ title, detail }) {
  say("CHOOSE", [title, detail].filter(Boolean).join(". "));
  play("CHOOSE");
}

function say(verdict, text) {
  words.dataset.verdict = verdict;
  words.textContent = text;
}
