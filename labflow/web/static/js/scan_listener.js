/* One listener for every signed-in page: codes become scans, scans go to the server, verdicts come back. */

import { showFault, showQueue, showRead, showStutter, showVerdicts } from "./band.js";
import { isOwnCode, outsidePatterns } from "./codes.js";
import { Context } from "./context.js";
import { closeHelp, showHelp } from "./help.js";
import { listen } from "./keys.js";
import { forgetPages } from "./offline.js";
import { ScanQueue } from "./queue.js";
import { sendBadge, sendScans } from "./sending.js";
import { meta } from "./server.js";
import { answerStop, isStopped, tellStopped } from "./stop.js";
import { ScanStore } from "./store.js";
import * as tabs from "./tabs.js";
import { aimedField, write } from "./text_fields.js";
import { askToType, listenTyped } from "./typed.js";
import { onUndo, showUndo } from "./undo.js";
import { sayScans } from "./waiting.js";

const STUTTER_MS = 1500;
const WITHIN_MS = 1000; // from the click on a link to the question whether to leave
const badge = meta("labflow-badge");
const outside = outsidePatterns(JSON.parse(meta("scan-patterns")));
const staysHere = meta("scan-stays") !== null; // a page that only looks at scans
const context = new Context(badge);
/** What was scanned and waits for its verdict. */
export const queue = new ScanQueue({
  store: new ScanStore(),
  person: { badge, name: meta("labflow-name") },
  send: { scans: sendScans, badge: sendBadge },
  tabs,
  context: () => context.codes,
  tell: { verdicts: answered, changed: countWaiting, paused: (problem) => showFault(problem) },
});
const reads = new Map(); // how each code was read, for the choice that may follow
let last = { code: "", at: -Infinity };
let isLeaving = false;
let isWithin = false;

/* From codes to scans ------------------------------------------------------------------------------------- */

listen(outside, { code: (code, at) => scanned(code, "scanned", at), fault: unreadable });
listenTyped(outside, (code, second) => scanned(code, "typed", performance.now(), { second }));
onUndo((code) => scanned(code, "typed", performance.now()));

/** One whole code was read: `readBy` scanned, typed or camera, at this time of the page's clock. */
export function scanned(code, readBy, at, { second = null } = {}) {
  if (staysHere) return;
  if (isStopped()) return resolveStop(code, readBy, at);
  if (code === last.code && at - last.at < STUTTER_MS) return showStutter();
  last = { code, at };
  reads.set(code, { readBy, second });
  closeHelp();
  if (!isForServer(code, readBy)) return;
  queue.add(code, readBy, { second, choice: null }).then(() => showRead(code));
}

/* A list whose "Scan to tick" is on keeps its samples' scans for itself (bulk.js). */
function isForServer(code, readBy) {
  return document.dispatchEvent(new CustomEvent("labflow:scan", { detail: { code, readBy }, cancelable: true }));
}

async function resolveStop(code, readBy, at) {
  if (await answerStop(code)) scanned(code, readBy, at);
}

function unreadable(fault) {
  if (staysHere) return;
  if (isStopped()) tellStopped(`${fault.title}. ${fault.detail}`);
  else showFault(fault);
}

function choose({ code }, choice) {
  const { readBy, second } = reads.get(code) ?? { readBy: "scanned", second: null };
  queue.add(code, readBy, { second, choice }).then(() => showRead(code));
}

/* From scans to verdicts ---------------------------------------------------------------------------------- */

function answered(verdicts) {
  verdicts.forEach((verdict) => context.apply(verdict.context ?? {}));
  showVerdicts(verdicts, choose);
  showUndo(verdicts);
  for (const verdict of verdicts) {
    document.dispatchEvent(new CustomEvent("labflow:verdict", { detail: verdict }));
  }
  if (verdicts.some(({ context: sets }) => sets?.help)) showHelp(context.action);
  goOn(verdicts);
}

function goOn(verdicts) {
  const ofBadge = verdicts.findLast(({ code }) => code.startsWith("H") && isOwnCode(code));
  const { verdict, url } = verdicts.at(-1);
  if (ofBadge?.verdict === "OK") return switchPerson();
  if (ofBadge?.rule === "shift-needed" && ofBadge.url) return leave(ofBadge.url);
  if (verdict === "OK" && url && !context.codes.action && queue.length === 0) location.assign(url);
}

/* Somebody else is signed in now: nothing of the person before stays, and the page comes again for the new one. */
async function switchPerson() {
  context.clear();
  tabs.tellTabs({ kind: "person" });
  await forgetPages();
  leave(location.pathname + location.search);
}

function leave(url) {
  isLeaving = true;
  location.replace(url);
}

function countWaiting() {
  showQueue(queue.length, queue.isRetrying);
  sayScans(queue);
}

addEventListener("online", () => queue.drain());
addEventListener("offline", countWaiting);
addEventListener("beforeunload", (event) => {
  if (queue.length > 0 && !isLeaving && !(isWithin && queue.isKept)) event.preventDefault();
});
globalThis.navigation?.addEventListener("navigate", ({ destination }) => {
  isWithin = destination.url.startsWith(location.origin); // the next page goes on sending
  setTimeout(() => (isWithin = false), WITHIN_MS);
});
tabs.hearTabs("person", () => leave(location.pathname + location.search));
addEventListener("pageshow", (event) => event.persisted && location.reload());

/* The camera comes, with its reader, when somebody asks for it ---------------------------------------------- */

const aimed = aimedField(".scan-tools");
document.getElementById("camera-start").addEventListener("click", async () => {
  const { startCamera } = await import("./camera.js");
  startCamera(outside, seen, askToType);
});

function seen(code) {
  if (aimed() && !isStopped()) write(aimed(), code);
  else scanned(code, "camera", performance.now());
}

countWaiting();
queue.drain();
