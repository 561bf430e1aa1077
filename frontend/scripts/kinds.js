// What the reader has done with polls, events and announcements: asked for once for all that came, and marked on them.
import { ask } from "./net.js";
import { upsert } from "./parts.js";

const wanted = new Set();
let soon = 0;

export function mark(own) {
  if (!own.childElementCount) {
    if (!wanted.size) setTimeout(fetchOwn, 20);
    wanted.add(own.dataset.own);
    return;
  }
  const post = own.closest(".post");
  if (!post) return;
  const marks = new Set([...own.children].map((one) => one.getAttribute("value")));
  for (const part of post.querySelectorAll("[data-show]")) part.hidden = !marks.has(part.dataset.show);
  for (const button of post.querySelectorAll("[data-press]")) button.setAttribute("aria-pressed", String(marks.has(button.dataset.press)));
  // Where the place has the reader's own clocks, they need not be said twice.
  for (const there of post.querySelectorAll("[data-zone]")) there.hidden = there.dataset.zone === document.documentElement.dataset.zone;
  for (const option of post.querySelectorAll("[data-option]")) option.checked = marks.has(option.value);
}

async function fetchOwn() {
  const posts = [...wanted].slice(0, 200);
  for (const post of posts) wanted.delete(post);
  if (wanted.size) setTimeout(fetchOwn, 20);
  const template = document.createElement("template");
  try {
    const response = await ask(`/own?posts=${posts.join("+")}`);
    if (response.ok) template.innerHTML = await response.text();
  } catch {
    return; // Without a connection nothing can be pressed either; the next post that comes asks again.
  }
  for (const found of template.content.children) {
    for (const old of document.querySelectorAll(`[data-own="${CSS.escape(found.dataset.own)}"]:empty`)) {
      const own = found.cloneNode(true);
      old.replaceWith(own);
      mark(own);
    }
  }
}

// On top of Home stands what the reader owes; it changes when they acknowledge, here or elsewhere, and when one comes.
function renewLead(wait) {
  if (!document.getElementById("lead")) return;
  clearTimeout(soon);
  soon = setTimeout(async () => {
    try {
      const response = await ask("/lead");
      if (response.ok) upsert(await response.text());
    } catch {
      // The next event asks again.
    }
  }, wait);
}

const announces = (frame) => frame.parts?.some((part) => part.html?.includes('data-kind="announcement"'));

document.addEventListener("parley:event", ({ detail }) => {
  if (detail.event === "post.marked") renewLead(50);
  // Everybody hears of a new one at the same moment, and need not ask at the same moment.
  else if (/^post\.(published|edited|removed|restored)$/.test(detail.event) && announces(detail)) renewLead(Math.random() * 2000);
});

document.addEventListener("htmx:after:request", (event) => {
  if (event.detail.ctx.sourceElement?.matches?.("[data-acknowledge]")) renewLead(0);
});
