/* Asking the server, and its answer in words. */

import { newId } from "./tabs.js";

/** Posts JSON: {ok, status, body}; null when the server cannot be reached. With the same key again it counts once. */
export async function postJson(address, content, key = newId()) {
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), "Idempotency-Key": key },
      body: JSON.stringify(content),
      signal: AbortSignal.timeout(15_000),
    });
    return { ok: response.ok, status: response.status, body: await response.json() };
  } catch {
    return null;
  }
}

function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

/** The content of the page's meta element of this name, or null. */
export function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.content ?? null;
}
