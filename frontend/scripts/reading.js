// A channel counts as read up to a post when every unread post up to it has been on the screen.
import { onArrive } from "./arrive.js";
import { ask } from "./net.js";
import { setUnread, unreadOf } from "./unread.js";
import { viewer } from "./words.js";

const feed = document.querySelector("[data-feed][data-read]");
const channel = feed?.dataset.feed.split(":")[1];
const seen = new Set();
let read = Number(feed?.dataset.read ?? 0);
let timer = 0;

const number = (post) => Number(post.dataset.number);
const present = () => document.visibilityState === "visible" && document.hasFocus();

function settle() {
  clearTimeout(timer);
  timer = setTimeout(advance, 900);
}

// Only without a gap: what lies unread below the loaded part keeps its number.
function advance() {
  if (!present()) return;
  const unread = [...feed.querySelectorAll(".post[data-unread-post]")].map(number).sort((a, b) => a - b);
  const loaded = [...feed.querySelectorAll(".post")].map(number);
  if (!unread.length || !loaded.some((n) => n <= read + 1)) return;
  let upTo = read;
  for (const next of unread) {
    if (!seen.has(next)) break;
    upTo = next;
  }
  if (upTo > read) mark(upTo);
}

async function mark(upTo) {
  read = upTo;
  const response = await ask(`/channels/${channel}/read`, { fields: { number: upTo } }).catch(() => null);
  if (!response?.ok) return;
  let left = 0;
  for (const post of feed.querySelectorAll(".post[data-unread-post]")) {
    if (number(post) > upTo) left += 1;
    else if (document.activeElement !== post) setTimeout(() => post.removeAttribute("data-unread-post"), 2500);
  }
  setUnread(`channel:${channel}`, Math.min(left, unreadOf(`channel:${channel}`)));
}

if (feed) {
  const eye = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const most = entry.intersectionRect.height > Math.min(160, entry.boundingClientRect.height * 0.6);
        if (entry.isIntersecting && most) seen.add(number(entry.target));
      }
      settle();
    },
    { threshold: [0.1, 0.4, 0.7, 1] },
  );
  onArrive("[data-feed][data-read] > .post", (post) => {
    if (number(post) <= read || post.dataset.author === viewer) return;
    post.setAttribute("data-unread-post", "");
    eye.observe(post);
  });
  document.addEventListener("visibilitychange", settle);
  addEventListener("focus", settle);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-mark-read]")) return;
    const last = Math.max(Number(feed.dataset.last), ...[...feed.querySelectorAll(".post")].map(number));
    mark(last);
    document.getElementById("unread-line")?.remove();
  });
}

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const from = Number(ctx.sourceElement.dataset?.unreadFrom ?? 0);
  if (!feed || !from || ctx.response.status >= 400) return;
  read = from - 1;
  let left = 0;
  for (const post of feed.querySelectorAll(".post")) {
    if (number(post) < from || post.dataset.author === viewer) continue;
    seen.delete(number(post));
    post.setAttribute("data-unread-post", "");
    left += 1;
  }
  setUnread(`channel:${channel}`, left);
});
