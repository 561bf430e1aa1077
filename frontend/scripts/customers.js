// Customers, as far as the reader's own page is concerned: what is mine, what a clock says now, which room shows.
import htmx from "htmx.org/dist/htmx.esm.js";
import { onArrive } from "./arrive.js";
import { send } from "./live.js";
import { ask, tryAsk } from "./net.js";
import { setCount, upsert } from "./parts.js";
import { toast } from "./toast.js";
import { say, viewer } from "./words.js";

const page = document.querySelector("[data-conversation-page]");
const number = page?.dataset.conversationPage;

// Fragments say who has it and who watches; whether that is the reader is marked here.
onArrive("[data-claimed-by]", (element) => {
  const { claimedBy, watchers } = element.dataset;
  element.dataset.claim = claimedBy ? (claimedBy === viewer ? "mine" : "other") : "none";
  const watching = (watchers ?? "").split(" ").includes(viewer);
  element.querySelector("[data-watch]")?.setAttribute("aria-pressed", String(watching));
  if (!page || element.dataset.facts !== number) return;
  page.dataset.claim = element.dataset.claim;
  page.dataset.state = element.dataset.state;
  page.dataset.restricted = element.dataset.restricted;
  page.dataset.watching = watching ? "1" : "0";
});

document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement.matches('[data-watch][aria-pressed="true"]')) ctx.request.body.set("on", "0");
});

// What one click did, one click takes back; what was claimed in a list can be opened at once.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const act = ctx.sourceElement;
  if (!(ctx.response?.status < 300)) return;
  const { toasts, undoState } = act.dataset ?? {};
  if (toasts) toast(toasts, { run: () => putBack(act.getAttribute("hx-post"), undoState) });
  // The row may have left the list already: the live news of a claim can overtake its answer.
  const row = act.matches?.("[hx-post$='/claim']") && act.closest(".queue__row");
  if (row) toast(say("yours"), { label: say("open"), run: () => location.assign(row.querySelector(".queue__link").href) });
});
async function putBack(path, state) {
  const response = await tryAsk(path, { fields: { state, as: "facts" } });
  if (response) upsert(await response.text());
}

// Clocks go on between two pages. Which one is soon is the server's to say; late is late.
function tick(clock) {
  const minutes = Math.floor((new Date(clock.dataset.due) - Date.now()) / 6e4);
  const late = minutes < 0;
  const size = Math.abs(minutes);
  const unit = size < 90 ? "min" : size < 2880 ? "h" : "d";
  const n = unit === "min" ? size : Math.floor(size / (unit === "h" ? 60 : 1440));
  const words = say(`${late ? "late" : "left"}_${unit}`, { n });
  const line = clock.querySelector("span");
  if (words && line.textContent !== words) line.textContent = words;
  if (!late || clock.classList.contains("clock--late")) return;
  clock.classList.remove("clock--soon");
  clock.classList.add("clock--late");
  clock.querySelector("circle:last-child").setAttribute("stroke-dasharray", "100 100");
  clock.closest(".queue__row")?.classList.add("queue__row--late");
}
onArrive(".clock[data-due]", tick);
setInterval(() => {
  for (const clock of document.querySelectorAll(".clock[data-due]")) tick(clock);
}, 3e4);

// A held letter counts down until it leaves.
onArrive("[data-hold]", (line) => {
  const until = new Date(line.dataset.hold).valueOf();
  const bar = line.closest(".letter__state")?.querySelector("progress");
  const step = () => {
    if (!line.isConnected) return;
    const seconds = Math.max(0, (until - Date.now()) / 1000);
    line.textContent = seconds ? say("leaves_in", { n: Math.ceil(seconds) }) : say("leaving");
    if (bar) bar.value = seconds;
    if (seconds) setTimeout(step, 250);
  };
  step();
});

// Undo and a colleague's draft put the words, and undo the files, back where they can be changed; what was typed
// meanwhile stays below.
function takeUp(words, files = []) {
  const form = page?.querySelector("[data-reply]");
  const field = form?.querySelector("textarea");
  if (!field || !(words || files.length)) return;
  field.value = field.value.trim() ? `${words}\n\n${field.value}` : words;
  for (const file of files) form.querySelector(".composer__files").append(file);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const button = ctx.sourceElement;
  if (!button.matches?.("[data-undo-reply]") || ctx.response.status >= 300) return;
  const letter = new DOMParser().parseFromString(ctx.text, "text/html");
  const body = letter.querySelector(".letter__body");
  const files = [...letter.querySelectorAll("template[data-taken-back]")].flatMap((kept) => [...kept.content.children]);
  button.closest(".letter")?.remove();
  if (body) takeUp(typed(body), files);
});
// The words as they were typed: a line break for each, an empty line between paragraphs.
function typed(body) {
  const copy = body.cloneNode(true);
  for (const line of copy.querySelectorAll("br")) line.replaceWith("\n");
  return [...copy.children].map((paragraph) => paragraph.textContent).join("\n\n");
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-use-draft]");
  if (button) takeUp(typed(button.closest(".letter").querySelector(".letter__body")));
});

// The two rooms of a phone, and the tabs, keep their addresses.
function room(name) {
  page.dataset.room = name;
  for (const link of page.querySelectorAll("[data-to-room]")) {
    if (link.dataset.toRoom === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
document.addEventListener("click", (event) => {
  const link = page && event.target.closest("[data-to-room]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  room(link.dataset.toRoom);
  history.replaceState(history.state, "", link.getAttribute("href"));
});
// The link goes with the room that it replaces; the one that comes takes its focus.
let chosen = "";
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!page || !ctx.sourceElement.matches?.("[data-tab]") || ctx.response.status >= 300) return;
  chosen = ctx.sourceElement.getAttribute("href");
  history.replaceState(history.state, "", chosen);
  room("inside");
});
onArrive("[data-tab]", (link) => {
  if (link.getAttribute("href") !== chosen) return;
  chosen = "";
  link.focus({ preventScroll: true });
});

// The letters hang from the bottom, so what is unfolded would push its own summary away: that stays under the pointer.
let anchor = null;
function steady() {
  if (!anchor?.summary.isConnected) return;
  anchor.scroll.scrollBy({ top: anchor.summary.getBoundingClientRect().top - anchor.top, behavior: "instant" });
}
document.addEventListener("click", (event) => {
  const summary = event.target.closest(".room__scroll--latest summary");
  anchor = summary && { summary, scroll: summary.closest(".room__scroll"), top: summary.getBoundingClientRect().top };
});
document.addEventListener("toggle", (event) => event.target === anchor?.summary.parentElement && steady(), true);
document.addEventListener("htmx:after:swap", (event) => event.detail.ctx.sourceElement === anchor?.summary.parentElement && steady());

// Who looks is told while the page is looked at.
function look() {
  if (document.visibilityState === "visible") send({ doing: "viewing", topic: `conversation:${number}` });
}
if (page) {
  document.addEventListener("parley:open", look);
  document.addEventListener("visibilitychange", look);
  setInterval(look, 2e4);
  look();
  document.addEventListener("parley:event", ({ detail }) => {
    if (detail.topic !== `conversation:${number}` || detail.event !== "comment.published") return;
    for (const count of page.querySelectorAll("[data-comment-count]")) setCount(count, Number(count.textContent || 0) + 1);
  });
}

// A dialog brings a form from the server; its address is a page of its own without script.
async function openDialog(link) {
  const response = await tryAsk(link.getAttribute("href"), { part: "dialog" });
  if (!response) return;
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "dialog-head");
  dialog.innerHTML = await response.text();
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  htmx.process(dialog);
  dialog.showModal();
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dialog]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    openDialog(link);
    return;
  }
  const dialog = event.target.closest("dialog");
  if (!dialog || !(event.target === dialog || event.target.closest("[data-dialog-close]"))) return;
  event.preventDefault();
  dialog.close();
});
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement.matches?.("[data-closes-dialog]") && ctx.response.status < 300) ctx.sourceElement.closest("dialog")?.close();
});

// The claim is renewed while its holder types.
export async function claim(conversation) {
  const response = await ask(`/conversations/${conversation}/claim`, { fields: { on: "1", as: "facts" } }).catch(() => null);
  if (response?.ok) upsert(await response.text());
  return response;
}

onArrive("[data-reply]", (form) => import("./reply.js").then((writing) => writing.enhance(form)));
