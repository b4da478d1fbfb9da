/* Fields that a person types into: a scan leaves them as they were, or is what they wait for. */

const NOT_TEXT = new Set(["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"]);

export function isPassword(target) {
  return target instanceof HTMLInputElement && target.type === "password";
}

export function isText(target) {
  if (target instanceof HTMLInputElement) return !NOT_TEXT.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Whether this field asks for a scan (data-scan="here") instead of being only in its way. */
export function wantsScan(element) {
  return element?.dataset?.scan === "here";
}

/** The field as it is now, for `restore`; null for anything that is no text field. */
export function snapshot(target) {
  if (!isText(target)) return null;
  const { value, selectionStart, selectionEnd } = target;
  return { element: target, value, selectionStart, selectionEnd };
}

export function restore({ element, value, selectionStart, selectionEnd }) {
  write(element, value);
  if (typeof selectionStart === "number") element.setSelectionRange(selectionStart, selectionEnd);
}

export function write(element, value) {
  element.value = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The field that asked for a scan when the focus last left it for a scanner on the screen, or null. */
export function aimedField(tools) {
  let field = null;
  const aim = (element) => (field = wantsScan(element) ? element : null);
  aim(document.activeElement);
  document.addEventListener("focusin", ({ target }) => target.closest(tools) || aim(target));
  return () => field;
}
