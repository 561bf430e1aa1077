// Keys for those who like them. Single ones can be switched off and never act while somebody types.
import { copy } from "./forms.js";
import { tryAsk } from "./net.js";
import { openPalette } from "./palette.js";
import { close } from "./panel.js";

const ROWS = ".post, .queue__row, .notice, .hit, .personrow, .chanrow, [data-row]";
const places = { h: "/", k: "/notifications", c: "/customers", p: "/people" };
let going = 0;

const shown = (element) => element.offsetParent !== null;
const rows = () => [...document.querySelectorAll(`main :is(${ROWS})`)].filter(shown);
const here = () => document.querySelector("main [data-here]") ?? document.activeElement?.closest?.(`main :is(${ROWS})`);

function stand(row) {
  if (!row) return;
  for (const old of document.querySelectorAll("main [data-here]")) old.removeAttribute("data-here");
  row.setAttribute("data-here", "");
  if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by, only = () => true) {
  const all = rows();
  const at = all.indexOf(here());
  const rest = by > 0 ? all.slice(at + 1) : all.slice(0, Math.max(at, 0)).reverse();
  const next = rest.find(only);
  if (next) stand(next);
  return next;
}

function unread(by) {
  if (step(by, (row) => row.matches("[data-unread-post], .notice--unread"))) return;
  document.querySelector(".rail [data-channel]:has([data-unread]:not([hidden])):not([aria-current])")?.click();
}

function keyed(key) {
  const find = (root) => [...(root?.querySelectorAll(`[data-key="${CSS.escape(key)}"]`) ?? [])].find(shown);
  const target = find(here()) ?? find(document.getElementById("main")) ?? find(document);
  if (!target) return false;
  if (target.matches("input, textarea, select")) target.focus();
  else target.click();
  return true;
}

const acts = {
  j: () => step(1),
  k: () => step(-1),
  n: () => unread(1),
  p: () => unread(-1),
  "/": openPalette,
  "?": () => document.getElementById("keys")?.showModal(),
  c: () => keyed("c") || write(),
  d: () => keyed("d") || comment(),
  l: () => keyed("l") || link(),
  "+": () => keyed("+") || here()?.querySelector('[data-react="helpful"]')?.click(),
  U: () => fromHere(),
  Enter: () => opening(here())?.click(),
};

function write() {
  const field = document.querySelector('main [data-composer^="home"] textarea, main [data-composer^="channel:"] textarea');
  if (field) field.focus();
  else location.assign("/#compose");
}

function comment() {
  const field = document.querySelector('#panel [data-composer^="post:"] textarea, main [data-composer^="post:"] textarea');
  if (field) field.focus();
  else here()?.querySelector("[data-comment]")?.click();
}

// What a row opens is the thing itself, before whoever wrote it.
const opening = (row) => row?.querySelector("[data-panel]") ?? row?.querySelector("a[href]");

function link() {
  const row = here();
  const address = opening(row)?.href ?? location.href;
  copy(address.split("#")[0]);
}

async function fromHere() {
  const row = here();
  const channel = row?.dataset.topic?.match(/^channel:(\d+)$/)?.[1];
  if (!channel) return;
  if (await tryAsk(`/channels/${channel}/unread-from`, { fields: { number: row.dataset.number } }))
    row.setAttribute("data-unread-post", "");
}

function typing(target) {
  return target.closest?.("input, textarea, select, [contenteditable], [role='textbox'], .menu, dialog[open], markdown-toolbar");
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    if (document.querySelector(":popover-open, dialog[open]")) return;
    if (typing(event.target)) event.target.blur?.();
    else close();
    return;
  }
  if (typing(event.target) || localStorage.getItem("keys") === "off") return;
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  if (Date.now() < going) {
    going = 0;
    const place = places[event.key];
    if (place) location.assign(place);
    return;
  }
  if (event.key === "g") {
    going = Date.now() + 1500;
    return;
  }
  const act = acts[event.key] ?? (event.key.length === 1 && (() => keyed(event.key)));
  if (!act) return;
  if (act() !== false) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys-open]")) document.getElementById("keys")?.showModal();
  if (event.target === document.getElementById("keys")) event.target.close();
  if (event.target.closest('[data-key="c"]')) write();
});

if (location.hash === "#compose") write();
