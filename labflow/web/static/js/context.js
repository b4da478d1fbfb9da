/* WHAT and WHERE of the context line: kept in this tab for as long as the same person is signed in. */

const KEY = "labflow.context";
const EMPTY = { what: "No action set", where: "No place set" };

export class Context {
  #badge;
  #set;

  constructor(badge) {
    this.#badge = badge;
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    this.#set = kept.badge === badge ? kept : { badge };
    this.#keep();
    for (const part of ["action", "place"]) {
      document.getElementById(`context-clear-${part}`).addEventListener("click", () => this.apply({ [part]: null }));
    }
  }

  /** The codes as the server takes them; some pages are about one case or bag, and scanning a bag names one. */
  get codes() {
    return {
      action: this.#set.action?.code ?? null,
      place: this.#set.place?.code ?? null,
      case: ofPage("case"),
      bag: ofPage("bag") ?? this.#set.bag ?? null,
    };
  }

  /** Takes over what a verdict set: a part that is absent stays, a part that is null ends. */
  apply(change) {
    this.#set = { ...this.#set, ...change, badge: this.#badge };
    this.#keep();
  }

  #keep() {
    sessionStorage.setItem(KEY, JSON.stringify(this.#set));
    show("what", "action", this.#set.action);
    show("where", "place", this.#set.place);
  }
}

function ofPage(name) {
  return document.querySelector(`meta[name="scan-${name}"]`)?.content ?? null;
}

function show(line, part, value) {
  document.getElementById(`context-${line}`).textContent = value?.name ?? EMPTY[line];
  document.getElementById(`context-clear-${part}`).hidden = !value;
}
