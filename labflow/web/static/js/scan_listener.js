/* One listener for every signed-in page: codes become scans, scans go to the server, verdicts come back. */

import { showFault, showQueue, showRead, showStutter, showVerdicts } from "./band.js";
import { isOwnCode, outsidePatterns } from "./codes.js";
import { Context } from "./context.js";
import { closeHelp, showHelp } from "./help.js";
import { listen } from "./keys.js";
import { post, ScanQueue, tabStore } from "./queue.js";
import { meta } from "./server.js";
import { answerStop, isStopped, tellStopped } from "./stop.js";
import { aimedField, write } from "./text_fields.js";
import { askToType, listenTyped } from "./typed.js";
import { onUndo, showUndo } from "./undo.js";

const STUTTER_MS = 1500;
const badge = meta("labflow-badge");
const outside = outsidePatterns(JSON.parse(meta("scan-patterns")));
const staysHere = meta("scan-stays") !== null; // a page that only looks at scans
const context = new Context(badge);
const queue = new ScanQueue({
  store: tabStore(badge),
  send: post,
  context: () => context.codes,
  tell: { verdicts: answered, changed: countWaiting, paused: (problem) => showFault(problem) },
});
const reads = new Map(); // how each code was read, for the choice that may follow
let last = { code: "", at: -Infinity };
let isLeaving = false;

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
  showRead(code);
  queue.add(code, readBy, { second, choice: null });
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
  showRead(code);
  queue.add(code, readBy, { second, choice });
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
  if (ofBadge?.rule === "shift_needed" && ofBadge.url) return leave(ofBadge.url);
  if (verdict === "OK" && url && !context.codes.action && queue.length === 0) location.assign(url);
}

/* Somebody else is signed in now: nothing of the person before stays, and the page comes again for the new one. */
function switchPerson() {
  context.clear();
  isLeaving = true;
  location.reload();
}

function leave(url) {
  isLeaving = true;
  location.assign(url);
}

function countWaiting() {
  showQueue(queue.length, queue.isRetrying);
}

addEventListener("online", () => queue.drain());
addEventListener("offline", countWaiting);
addEventListener("beforeunload", (event) => {
  if (queue.length > 0 && !isLeaving) event.preventDefault();
});
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
