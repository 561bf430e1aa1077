// Ctrl+K: one box that finds people, channels, posts and customers.
import { ask } from "./net.js";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const found = document.getElementById("palette-found");
let flight = null;
let timer = 0;

export function openPalette() {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  input.select();
  look();
}

async function look() {
  flight?.abort();
  flight = new AbortController();
  try {
    const response = await ask(`/search?part=palette&q=${encodeURIComponent(input.value)}`, {
      part: "palette-found",
      signal: flight.signal,
    });
    if (!response.ok) return;
    const html = await response.text();
    const before = found.querySelector('[aria-selected="true"]')?.getAttribute("href");
    found.innerHTML = html;
    const options = [...found.querySelectorAll('[role="option"]')];
    choose(options.find((option) => option.getAttribute("href") === before) ?? options[0]);
  } catch {
    // The box stays usable: Enter leads to the search page.
  }
}

function choose(option) {
  for (const old of found.querySelectorAll('[aria-selected="true"]')) old.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

input?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, 90);
});
input?.addEventListener("keydown", (event) => {
  const options = [...found.querySelectorAll('[role="option"]')];
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(options.at((at + (event.key === "ArrowDown" ? 1 : -1)) % options.length));
  }
  // A search field would only empty itself.
  if (event.key === "Escape") {
    event.preventDefault();
    dialog.close();
  }
  if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    options[at].click();
  }
});
dialog?.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
document.addEventListener("click", (event) => {
  const door = event.target.closest("[data-palette-open]");
  if (!door || event.ctrlKey || event.metaKey || !dialog) return;
  event.preventDefault();
  openPalette();
});
