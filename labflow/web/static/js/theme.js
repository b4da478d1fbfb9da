/* Light or dark before the first paint: the person's choice, otherwise the system's. */

const THEME = "labflow.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function currentTheme() {
  return localStorage.getItem(THEME) ?? (dark.matches ? "dark" : "light");
}

function applyTheme() {
  document.documentElement.dataset.bsTheme = currentTheme();
  document.getElementById("theme-switch")?.setAttribute("aria-pressed", String(currentTheme() === "dark"));
}

document.documentElement.dataset.script = "yes"; // shows what needs a script
applyTheme();
dark.addEventListener("change", applyTheme);
document.addEventListener("DOMContentLoaded", () => {
  applyTheme();
  document.getElementById("theme-switch")?.addEventListener("click", () => {
    localStorage.setItem(THEME, currentTheme() === "dark" ? "light" : "dark");
    applyTheme();
  });
});
