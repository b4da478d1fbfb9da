/* What a CHOOSE verdict offers: buttons in the band, the first nine also by their digit (through data-hotkey, so that
   the digits of a scan choose nothing). */

const place = document.getElementById("scan-choices");
let open = null;

/** Offers the verdict's choices; `choose` hears the code of the one that a person takes. */
export function offer(verdict, choose) {
  open = verdict;
  place.replaceChildren(...verdict.choices.map((choice, number) => item(choice, number + 1, choose)));
  place.hidden = false;
}

/** Takes the open choice away; answers the verdict that offered it, or null. */
export function dropChoice() {
  const dropped = open;
  open = null;
  place.hidden = true;
  place.replaceChildren();
  return dropped;
}

function item({ code, words }, number, choose) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-lg btn-secondary" });
  if (number <= 9) {
    button.dataset.hotkey = number;
    button.append(Object.assign(document.createElement("kbd"), { textContent: number }), " ");
  }
  button.append(words);
  button.addEventListener("click", () => {
    const verdict = dropChoice();
    if (verdict) choose(verdict, code);
  });
  const line = document.createElement("li");
  line.append(button);
  return line;
}
