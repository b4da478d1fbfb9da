/* To labflow and back: every way the server can answer becomes one of the words that ScanQueue knows. */

const PATIENCE_MS = 15_000;
const TOKEN = 'meta[name="csrf-token"]';

/** One batch: {verdicts}, {again: ms or null}, {paused: problem}, {other: problem} or {refused: problem}. */
export async function sendScans(context, scans) {
  return answerOf(await post("/api/v1/scans", { context, scans }), (body) => body.verdicts);
}

/** One badge: as for scans, with its one verdict. */
export async function sendBadge({ event_id, code, occurred_at }) {
  return answerOf(await post("/api/v1/badge", { event_id, badge: code, occurred_at }), (body) => [body]);
}

/** The token that belongs to this page's sign-in. */
export function csrfToken() {
  return document.querySelector(TOKEN).content;
}

/** A new token where the page's is out of date: a badge that was scanned since ended the form session it came with. */
export async function renewToken() {
  const page = new DOMParser().parseFromString(await (await fetch("/offline")).text(), "text/html");
  document.querySelector(TOKEN).content = page.querySelector(TOKEN).content;
}

async function post(address, content) {
  try {
    let response = await postOnce(address, content);
    if (response.status === 400) {
      await renewToken();
      response = await postOnce(address, content);
    }
    return { response, body: await response.json() };
  } catch {
    return {};
  }
}

function postOnce(address, content) {
  return fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(content),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
}

function answerOf({ response, body }, verdictsOf) {
  if (!response) return { again: null };
  if (response.ok) return { verdicts: verdictsOf(body) };
  if (isAway(response)) return { again: retryAfter(response) };
  if (response.status === 409 && /^other.person$/.test(body.code ?? body.type)) return { other: body };
  // 400 is a token that could not be renewed: like 401 it says nothing about the scan.
  return [400, 401].includes(response.status) ? { paused: body } : { refused: body };
}

/** Whether the server, or what stands before it, is not there or asks to come again. */
export function isAway({ status }) {
  return status === 429 || status >= 500;
}

/** Milliseconds that the answer asks to wait, or null. */
export function retryAfter(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? 1000 * seconds : null;
}
