// Nobody who reads is moved: what arrives above them waits behind a bar that says how much there is.
import { say, tell, viewer } from "./words.js";

const waiting = new Map();

// What waits is kept current like what is shown.
export function renewPending(id, post) {
  for (const pending of waiting.values()) {
    if (!pending.has(id)) continue;
    pending.set(id, post);
    return true;
  }
  return false;
}

// A post that moved is told by two channels: what waits for its new place stays when the old one lets go of it.
export function dropPending(id, select) {
  for (const [feed, pending] of waiting) {
    if (!pending.get(id)?.matches(select)) continue;
    pending.delete(id);
    const bar = feed.previousElementSibling;
    if (pending.size) label(bar, pending);
    else forget(feed, bar);
  }
}

export const livePaused = () => localStorage.getItem("live") === "off";

// Standing on the newest post is being at the top; focus anywhere else in the feed is reading.
function atTop(feed) {
  const focused = document.activeElement;
  const reading = feed.contains(focused) && focused !== feed.querySelector(":scope > .post");
  return feed.getBoundingClientRect().top > -8 && !reading && document.visibilityState === "visible";
}

// A filtered feed takes one kind, or with a "!" all but one.
const fits = (only, kind) => !only || (only.startsWith("!") ? kind !== only.slice(1) : kind === only);

// A channel counts by its numbers, which a moved post gets anew; several channels together by the time of publishing.
function older(feed, post, other) {
  const [a, b] = [post.dataset, other.dataset];
  if (!feed.dataset.feed.includes(" ")) return Number(a.number) < Number(b.number);
  return Date.parse(a.at) - Date.parse(b.at) < 0 || (a.at === b.at && Number(a.post) < Number(b.post));
}

// What was taken away and is there again stands where it stood; among posts that are not loaded yet it comes with them.
function putBack(feed, post, insert) {
  const next = [...feed.querySelectorAll(":scope > .post")].find((other) => older(feed, other, post));
  if (next || !feed.querySelector(":scope > .more:last-child")) insert(feed, post, "end", next);
}

export function offer(feed, post, insert) {
  if (!fits(feed.dataset.only ?? "", post.dataset.kind)) return;
  document.querySelector(".empty")?.remove();
  post.classList.add("post--new");
  const newest = feed.querySelector(":scope > .post");
  if (newest && older(feed, post, newest)) {
    putBack(feed, post, insert);
    return;
  }
  const pending = waiting.get(feed) ?? new Map();
  if (post.dataset.author === viewer || (!pending.size && atTop(feed) && !livePaused())) {
    insert(feed, post, "start");
    return;
  }
  pending.set(post.id, post);
  waiting.set(feed, pending);
  show(feed, pending, insert);
}

function show(feed, pending, insert) {
  let bar = feed.previousElementSibling;
  if (!bar?.classList.contains("newbar")) {
    bar = document.createElement("div");
    bar.className = "newbar";
    bar.append(document.getElementById("newbar-template").content.cloneNode(true));
    bar.firstElementChild.addEventListener("click", (event) => {
      event.preventDefault();
      flush(feed, bar, insert);
    });
    feed.before(bar);
  }
  label(bar, pending);
  bar.hidden = false;
  tell(bar.textContent);
}

function label(bar, pending) {
  const words = pending.size === 1 ? say("new_one") : say("new_many", { n: pending.size });
  const faces = new Map();
  for (const post of pending.values()) {
    const face = post.querySelector(":scope > .avatar");
    if (face) faces.set(post.dataset.author, face);
  }
  const shown = [...faces.values()].slice(-3).map((face) => face.cloneNode(true));
  for (const face of shown) face.classList.add("avatar--xs");
  bar.querySelector(".faces").replaceChildren(...shown);
  bar.querySelector(".faces + span").textContent = words;
}

function forget(feed, bar) {
  waiting.delete(feed);
  bar.remove();
}

function flush(feed, bar, insert) {
  const pending = waiting.get(feed);
  waiting.delete(feed);
  for (const post of pending.values()) insert(feed, post, "start");
  const first = feed.querySelector(".post");
  bar.remove();
  window.scrollBy({ top: first.getBoundingClientRect().top - 96, behavior: "instant" });
  first.focus({ preventScroll: true });
}
