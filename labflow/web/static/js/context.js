/* WHAT and WHERE of the context line: kept in this tab for as long as the same person is signed in. */

import { meta } from "./server.js";

const KEY = "labflow.context";
const PARTS = ["action", "place", "bag"];
const EMPTY = { action: "No action set", place: "No place set", bag: "" };

export class Context {
  #badge;
  #set;

  constructor(badge) {
    this.#badge = badge;
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    this.#set = kept.badge === badge ? kept : { badge };
    this.#keep();
    for (const part of PARTS) {
      document.getElementById(`context-clear-${part}`).addEventListener("click", () => this.apply({ [part]: null }));
    }
  }

  /** The codes as the server takes them; some pages are about one case or bag, and scanning a bag names one. */
  get codes() {
    const { action, place, bag } = this.#set;
    return {
      action: action?.code ?? null,
      reason: action?.reason ?? null,
      count: action?.count ?? null,
      place: place?.code ?? null,
      case: meta("scan-case"),
      bag: meta("scan-bag") ?? bag ?? null,
      badge: this.#badge,
    };
  }

  /** The action that the next scans mean, as its do-card set it {code, name, reason, count}, or null. */
  get action() {
    return this.#set.action ?? null;
  }

  /** Takes over what a verdict set: a part that is absent stays, a part that is null ends. */
  apply(change) {
    const parts = Object.fromEntries(Object.entries(change).filter(([part]) => PARTS.includes(part)));
    this.#set = { ...this.#set, ...parts, badge: this.#badge };
    this.#keep();
  }

  /** Nothing is set any more: somebody else works here now. */
  clear() {
    this.#set = { badge: this.#badge };
    this.#keep();
  }

  #keep() {
    sessionStorage.setItem(KEY, JSON.stringify(this.#set));
    for (const part of PARTS) show(part, this.#set[part]);
    if (this.#set.place) propose(this.#set.place.code);
  }
}

function show(part, value) {
  const words = document.getElementById(`context-${part}`);
  words.textContent = wordsOf(value) ?? EMPTY[part];
  document.getElementById(`context-clear-${part}`).hidden = !value;
  if (part === "bag") words.closest("div").hidden = !value;
}

/* A form that asks where begins with the place on the context line; what a person chose stays. */
function propose(place) {
  for (const select of document.querySelectorAll("select[data-place-of-context]")) {
    if (!select.value && [...select.options].some(({ value }) => value === place)) select.value = place;
  }
}

function wordsOf(value) {
  if (!value?.name) return value;
  return value.count && !value.name.includes(value.count) ? `${value.name} ${value.count}` : value.name;
}
