/* The registration at the bedside: kept on this device before it is sent, and sent until it is answered, once. */

import { csrfToken, isAway, renewToken, retryAfter } from "./sending.js";
import { meta } from "./server.js";
import { RegistrationStore } from "./store.js";
import { alone } from "./tabs.js";
import { clock, say, waitsFor } from "./waiting.js";

const PATIENCE_MS = 20_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
const FORM = "form[data-kept-until-sent]";
const badge = meta("labflow-badge");
const store = new RegistrationStore();
const secrets = new Map(); // address → passwords: they live in the page alone
const inMemory = new Map(); // address → a registration that the browser would not keep
const states = new Map(); // address → what the last attempt came to
let wait = FIRST_WAIT_MS;
let retry = null;

/** The registrations of this person that are not sent. */
export async function unsent() {
  return (await everybodys()).filter((one) => one.badge === badge);
}

/** Throws this person's unsent registrations away. */
export async function discardUnsent() {
  for (const registration of await unsent()) await forget(registration);
  await tell();
}

/** Tries at once to send what waits. */
export async function sendUnsent() {
  clearTimeout(retry);
  for (const registration of await unsent()) {
    if (!registration.isRefused || isOfThisPage(registration)) await send(registration);
  }
}

async function everybodys() {
  return [...(await store.all()), ...inMemory.values()];
}

/* From the form ------------------------------------------------------------------------------------------- */

document.addEventListener("submit", (event) => {
  if (!event.target.matches(FORM) || event.submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  setEnd(event.target);
  save(event.target);
});

/* “Empty for now” means when it was sent off, not when it arrived. */
function setEnd({ elements, dataset }) {
  const now = new Date().toLocaleString("sv-SE", { timeZone: dataset.timeZone });
  elements.ended_at.value ||= now.slice(0, 16).replace(" ", "T");
}

async function save(form) {
  const fields = [...new FormData(form)].filter(([name]) => name !== "csrf_token");
  const isSecret = ([name]) => form.elements[name].type === "password";
  const registration = {
    url: location.pathname,
    number: form.dataset.keptUntilSent,
    badge,
    name: meta("labflow-name"),
    saved_at: new Date().toISOString(),
    fields: fields.filter((field) => !isSecret(field)),
    isRefused: false,
  };
  secrets.set(registration.url, fields.filter(isSecret));
  await keep(registration);
  await send(registration);
}

async function keep(registration) {
  try {
    await store.put(registration);
    inMemory.delete(registration.url);
  } catch {
    inMemory.set(registration.url, registration);
  }
}

async function forget(registration) {
  inMemory.delete(registration.url);
  await store.remove(registration).catch(() => {});
}

/* To the server ------------------------------------------------------------------------------------------- */

async function send(registration) {
  const { url } = registration;
  const answer = await alone("registrations", async () => {
    const isThere = (await unsent()).some((one) => one.url === url); // another tab may have sent it
    return isThere ? outcome(await post(registration)) : null;
  });
  if (answer === null) return tell();
  states.set(url, answer);
  if (answer.page) await arrived(registration, answer.page);
  else if (answer.fault) await refused(registration, answer.fault);
  else if (answer.again !== undefined) sendLater(answer.again);
  await tell();
}

async function post(registration) {
  try {
    let response = await postOnce(registration);
    if (response.status === 400) {
      await renewToken();
      response = await postOnce(registration);
    }
    return { response, text: await response.text() };
  } catch {
    return {};
  }
}

function postOnce({ url, fields }) {
  const body = new URLSearchParams([...fields, ...(secrets.get(url) ?? []), ["csrf_token", csrfToken()]]);
  const headers = { "Labflow-Person": badge }; // it counts for nobody else
  return fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE_MS) });
}

/* {page} it went through to, {fault} as the page with it, {again} later, or {signIn} first. */
function outcome({ response, text }) {
  if (!response) return { again: null };
  const isUnderWay = response.status === 409 && retryAfter(response); // an earlier attempt is still being saved
  if (isAway(response) || isUnderWay) return { again: retryAfter(response) };
  if (response.status === 409 && response.headers.get("Labflow-Person") !== badge) return { signIn: true };
  if (response.status === 400 || new URL(response.url).pathname === "/sign-in") return { signIn: true };
  return response.redirected ? { page: response.url } : { fault: text };
}

function sendLater(again) {
  clearTimeout(retry);
  retry = setTimeout(sendUnsent, again ?? wait);
  wait = Math.min(2 * wait, LONGEST_WAIT_MS);
}

async function arrived(registration, page) {
  await forget(registration);
  wait = FIRST_WAIT_MS;
  if (isOfThisPage(registration)) location.assign(page);
}

async function refused(registration, text) {
  await keep({ ...registration, isRefused: true });
  if (isOfThisPage(registration)) showFaults(new DOMParser().parseFromString(text, "text/html"));
}

/* On the page --------------------------------------------------------------------------------------------- */

function isOfThisPage({ url }) {
  return url === location.pathname && document.querySelector(FORM) !== null;
}

/* The form comes back from the server as it was sent, with what is wrong beside it. */
function showFaults(page) {
  const shown = document.getElementById("registration");
  const fresh = page.getElementById("registration");
  if (fresh) {
    shown.replaceWith(document.adoptNode(fresh));
    htmx.process(fresh);
  } else {
    shown.prepend(summaryOf(page));
  }
  document.title = page.title;
  document.querySelector(".error-summary")?.focus();
}

function summaryOf(page) {
  const summary = Object.assign(document.createElement("section"), { className: "error-summary", tabIndex: -1 });
  summary.setAttribute("role", "alert");
  summary.append(...page.querySelectorAll("#main > h1, #main > p"));
  return summary;
}

/* What was kept stands in the form again after a reload. */
function fill(form, { fields }) {
  for (const element of form.elements) {
    const values = fields.filter(([name]) => name === element.name).map(([, value]) => value);
    if (["checkbox", "radio"].includes(element.type)) element.checked = values.includes(element.value);
    else if (values.length > 0) [element.value] = values;
  }
}

async function tell() {
  const all = await everybodys();
  const others = all.filter((one) => one.badge !== badge);
  const done = [...states].filter(([, { page }]) => page && !all.some(({ url }) => states.get(url)?.page === page));
  say("registrations", [
    ...all.filter((one) => one.badge === badge && states.has(one.url)).map(lineOf),
    ...done.map(([url, { page }]) => ({ words: `The registration for order ${numberOf(url)} was saved.`, actions: [{ words: "Open the case", href: page }] })),
    ...others.map(({ name, badge: of }) => ({ words: waitsFor("1 registration", name ?? of, 1) })),
  ]);
}

function lineOf(registration) {
  const { url, number, saved_at } = registration;
  const about = `Registration for order ${number}`;
  if (registration.isRefused) {
    const actions = isOfThisPage(registration) ? [] : [{ words: "Open the form", href: url }];
    return { words: `${about}: not saved, labflow found a fault. It is kept on this device.`, actions };
  }
  const where = inMemory.has(url) ? "Held by this page alone" : "Saved on this device";
  const why = states.get(url).signIn ? " Sign in again, and it is sent." : "";
  const password = secrets.get(url)?.some(([, typed]) => typed) ? " The second person's password is not kept." : "";
  return {
    words: `${about}: ${where} at ${clock(saved_at)}, not yet sent.${why}${password}`,
    actions: [{ words: "Send now", act: sendUnsent }],
  };
}

function numberOf(url) {
  return url.split("/")[2];
}

async function begin() {
  const mine = await unsent();
  const form = document.querySelector(FORM);
  const here = mine.find(isOfThisPage);
  if (form && here) fill(form, here);
  mine.forEach(({ url }) => states.set(url, {}));
  await tell();
  await sendUnsent();
}

addEventListener("online", sendUnsent);
addEventListener("beforeunload", (event) => inMemory.size > 0 && event.preventDefault());
begin();
