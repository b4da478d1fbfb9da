/* HELP: what the action on the context line does, and which cards can be scanned next. The next scan closes it. */

const dialog = document.getElementById("scan-help");
const inside = document.getElementById("scan-help-inside");

/** Opens the dialog for this action {code, name}, or for none. */
export async function showHelp(action) {
  const address = `/scan/help?${new URLSearchParams(action ? { action: action.code } : {})}`;
  try {
    const response = await fetch(address, { headers: { "HX-Request": "true" } });
    inside.innerHTML = await response.text();
  } catch {
    inside.textContent = "labflow cannot be reached. Scan HELP again when it can.";
  }
  if (!dialog.open) dialog.showModal();
}

export function closeHelp() {
  if (dialog.open) dialog.close();
}
