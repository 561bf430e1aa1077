// A thread counts as read when its last comment has been on the screen for a moment, in the panel or on its page.
import { onArrive } from "./arrive.js";
import { ask } from "./net.js";

const read = new Map();
let timer = 0;

const last = (thread) => [...thread.querySelectorAll(".comment")].at(-1);
const present = () => document.visibilityState === "visible" && document.hasFocus();

function inSight(comment) {
  const { bottom, height } = comment.getBoundingClientRect();
  const box = comment.closest("[data-thread-scroll]")?.getBoundingClientRect();
  const lowest = box && box.bottom < innerHeight ? box.bottom : innerHeight;
  return height > 0 && bottom > 0 && bottom <= lowest + 24;
}

function look() {
  if (!present()) return;
  for (const thread of document.querySelectorAll("[data-thread]")) {
    const comment = last(thread);
    const upTo = Number(comment?.dataset.commentId ?? 0);
    const before = read.get(thread.dataset.thread) ?? Number(thread.dataset.threadRead);
    const state = document.getElementById(`thread-${thread.dataset.thread}-state`);
    const follows = !state || state.querySelector('[aria-pressed="true"]');
    if (!follows || upTo <= before || !inSight(comment) || thread.querySelector(".comments > .more:last-child")) continue;
    read.set(thread.dataset.thread, upTo);
    ask(`/threads/${thread.dataset.thread}/read`, { fields: { comment: upTo } }).catch(() => read.delete(thread.dataset.thread));
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(look, 900);
}

onArrive(".comment", soon);
onArrive("[data-thread]", soon);
// Whatever scrolls: the page, the panel, a customer's room.
addEventListener("scroll", soon, { passive: true, capture: true });
addEventListener("focus", soon);
document.addEventListener("visibilitychange", soon);
// What was made unread stays so until somebody comes to the end of it anew.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const from = Number(ctx.sourceElement.dataset?.unreadComment ?? 0);
  if (from && ctx.response.status < 400) leave(document.querySelector(`[data-comment-id="${from}"]`));
});
export function leave(comment) {
  const thread = comment?.closest("[data-thread]");
  const end = thread && last(thread);
  if (end) read.set(thread.dataset.thread, Number(end.dataset.commentId));
}
