// Keys for those who like them. Single ones can be switched off and never act while somebody types.
import htmx from "htmx.org/dist/htmx.esm.js";
import { copy } from "./forms.js";
import { tryAsk, undo } from "./net.js";
import { openPalette } from "./palette.js";
import { close } from "./panel.js";
import { leave } from "./thread.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const ROWS = ".post, .queue__row, .notice, .hit, .personrow, .chanrow, [data-row]";
const places = { h: "/", k: "/catch-up", c: "/customers", p: "/people" };
// The dialog is the table: a key that it does not show does nothing.
const known = new Set([...document.querySelectorAll("#keys [data-keys]")].flatMap((row) => row.dataset.keys.split(" ")));
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

// From the last unread post of a channel on to the next channel that has one.
function unread(by) {
  if (step(by, (row) => row.matches("[data-unread-post], .notice--unread, #catch-up .triage__row"))) return;
  const channels = [...document.querySelectorAll(".rail [data-channel]")];
  const at = channels.findIndex((channel) => channel.hasAttribute("aria-current"));
  const after = [...channels.slice(at + 1), ...channels.slice(0, Math.max(at, 0))];
  if (by < 0) after.reverse();
  after.find((channel) => channel.querySelector("[data-unread]:not([hidden])"))?.click();
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
  E: () => allRead(),
  u: () => undo(),
  m: () => quieter(),
  Enter: () => opening(here())?.click(),
};

function write() {
  const field = document.querySelector('main [data-composer^="home"] [name="body"], main [data-composer^="channel:"] [name="body"]');
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
  const comment = document.activeElement?.closest(".comment");
  if (comment) {
    leave(comment);
    await tryAsk(`/comments/${comment.dataset.commentId}/unread-from`, { fields: {} });
    return;
  }
  const row = here();
  const channel = row?.dataset.topic?.match(/^channel:(\d+)$/)?.[1];
  if (!channel) return;
  if (await tryAsk(`/channels/${channel}/unread-from`, { fields: { number: row.dataset.number } }))
    row.setAttribute("data-unread-post", "");
}

const channelHere = () =>
  document.querySelector("[data-feed][data-read]")?.dataset.feed.split(":")[1] ??
  here()?.dataset.topic?.match(/^channel:(\d+)$/)?.[1] ??
  (here()?.dataset.kind === "channel" ? here().dataset.thing : undefined);

// Where one is: a channel, else everything that waits.
function allRead() {
  const channel = document.querySelector("[data-feed][data-read]") ? channelHere() : "";
  if (!channel && !document.getElementById("catch-up")) return false;
  const fields = channel ? { scope: "channels", channel } : { scope: "everything" };
  return tryAsk("/catch-up/read", { fields });
}

function quieter() {
  const thread = document.querySelector('#panel .thread-state [aria-pressed="true"]');
  const channel = channelHere();
  if (thread) thread.click();
  else if (channel) tryAsk(`/channels/${channel}/follow`, { fields: { level: "mute" } }).then((done) => done && toast(say("muted")));
}

// Up in an empty field: the last of one's own words below it, to change them.
function changeLast(field) {
  const thread = field.closest("#panel, .thread");
  const mine = thread
    ? [...thread.querySelectorAll(".comment[data-mine]")].at(-1)
    : document.querySelector("main .feed > .post[data-mine]");
  const place = mine?.querySelector(".post__edit");
  if (!place || mine.querySelector(".tombstone")) return false;
  const noun = mine.dataset.commentId ? "comments" : "posts";
  htmx.ajax("GET", `/${noun}/${mine.dataset.commentId ?? mine.dataset.post}/edit`, { target: place, swap: "innerHTML" });
  return true;
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
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && !event.shiftKey && !typing(event.target)) {
    event.preventDefault();
    undo();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowUp" && event.target.matches?.("[data-composer]:not([data-editing]) textarea") && !event.target.value) {
    if (changeLast(event.target)) event.preventDefault();
    return;
  }
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
  if (!known.has(event.key)) return;
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
