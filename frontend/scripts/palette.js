// Ctrl+K: one box. Channels, colleagues, places and acts are looked through here, letter by letter and without waiting;
// words in posts are found by the server and stand below.
import { ask, tryAsk } from "./net.js";
import { viewer } from "./words.js";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const found = document.getElementById("palette-found");
const LIST = `palette:${viewer}`;
const USED = `palette-used:${viewer}`;
const SHOWN = 6;
let flight = null;
let timer = 0;
let jumps = null;

export function openPalette() {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  input.select();
  if (jumps === null) load(sessionStorage.getItem(LIST) ?? "");
  offer();
  fresh();
  look();
}

function load(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  jumps = [...holder.content.querySelectorAll(".palette__part")];
}

async function fresh() {
  const response = await ask("/search?part=jump").catch(() => null);
  if (!response?.ok) return;
  const html = await response.text();
  if (html === sessionStorage.getItem(LIST)) return;
  sessionStorage.setItem(LIST, html);
  load(html);
  if (dialog.open) offer();
}

const used = () => JSON.parse(localStorage.getItem(USED) ?? "{}");

// All letters in their order; beginnings of words and letters side by side weigh more.
export function fits(asked, words) {
  const text = words.toLowerCase();
  let score = 0;
  let at = -1;
  for (const letter of asked.toLowerCase().replaceAll(/\s/g, "")) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return 0;
    const begins = next === 0 || /[^\p{L}\p{N}]/u.test(text[next - 1]);
    score += (next === at + 1 ? 4 : 1) + (begins ? 3 : 0) - Math.min(next - at - 1, 8) / 3;
    at = next;
  }
  return score - text.length / 100;
}

function offer() {
  const asked = input.value.trim().replace(/^[#@]/, "");
  const often = used();
  const parts = [];
  for (const part of jumps) {
    const ranked = [...part.querySelectorAll("[role=option]")]
      .map((option) => {
        const times = often[option.getAttribute("href")] ?? 0;
        const score = asked ? fits(asked, option.querySelector(".palette__title").textContent.replace(/^#/, "")) : times;
        return { option, score: score > 0 ? score + Math.min(times, 10) / 2 : 0 };
      })
      .filter((one) => one.score > (asked ? asked.length / 2 : 0))
      .sort((one, other) => other.score - one.score)
      .slice(0, SHOWN);
    if (!ranked.length) continue;
    const shown = part.cloneNode(false);
    shown.append(part.querySelector(".palette__group").cloneNode(true), ...ranked.map((one) => one.option.cloneNode(true)));
    parts.push({ shown, best: ranked[0].score });
  }
  parts.sort((one, other) => other.best - one.best);
  const below = [...found.querySelectorAll("[data-served]")];
  const before = found.querySelector('[aria-selected="true"]')?.getAttribute("href");
  found.replaceChildren(...parts.map((part) => part.shown), ...below);
  keepChosen(before);
}

function keepChosen(href) {
  const options = [...found.querySelectorAll('[role="option"]')];
  choose((href && options.find((option) => option.getAttribute("href") === href)) || options[0]);
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
    const before = found.querySelector('[aria-selected="true"]')?.getAttribute("href");
    const served = document.createElement("template");
    served.innerHTML = await response.text();
    for (const old of found.querySelectorAll("[data-served]")) old.remove();
    const there = new Set([...found.querySelectorAll('[role="option"]')].map((option) => option.getAttribute("href")));
    for (const option of served.content.querySelectorAll('[role="option"]')) if (there.has(option.getAttribute("href"))) option.remove();
    const parts = [...served.content.children].filter((part) => part.querySelector('[role="option"]') || !there.size);
    for (const part of parts) part.dataset.served = "";
    found.append(...parts);
    keepChosen(before);
  } catch {
    // What was loaded before can still be jumped to, and Enter leads to the search page.
  }
}

function choose(option) {
  for (const old of found.querySelectorAll('[aria-selected="true"]')) old.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

const acts = {
  "#keys": () => document.getElementById("keys").showModal(),
  "#read-channels": () => tryAsk("/catch-up/read", { fields: { scope: "channels" } }),
  "#read-everything": () => tryAsk("/catch-up/read", { fields: { scope: "everything" } }),
};

input?.addEventListener("input", () => {
  offer();
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
found?.addEventListener("click", (event) => {
  const option = event.target.closest('[role="option"]');
  if (!option) return;
  const href = option.getAttribute("href");
  const often = used();
  localStorage.setItem(USED, JSON.stringify({ ...often, [href]: (often[href] ?? 0) + 1 }));
  if (!(href in acts)) return;
  event.preventDefault();
  dialog.close();
  acts[href]();
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
