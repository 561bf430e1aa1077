// The rail: which channel is open here, what its person drags where, and what changed on another device.
import { onArrive } from "./arrive.js";
import { hear } from "./live.js";
import { ask, tryAsk } from "./net.js";
import { apply } from "./parts.js";
import { total } from "./unread.js";

const here = location.pathname.match(/^\/channels\/(\d+)/)?.[1] ?? document.querySelector("[data-channel-page]")?.dataset.channelPage;

onArrive(".rail__groups", (groups) => {
  if (here) groups.querySelector(`[data-channel="${here}"]`)?.setAttribute("aria-current", "page");
  hear(JSON.parse(groups.dataset.topics));
  total();
});

// The answer to an arrangement is the rail itself: it shows even while the socket is away.
function renew(html) {
  if (html.trim()) apply([{ select: ".rail__groups", how: "replace", html }]);
}

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement?.matches?.("[data-rail]") && ctx.response.status < 300) {
    document.getElementById("menu")?.hidePopover();
    renew(ctx.text);
  }
});

async function change(url, fields) {
  const response = await tryAsk(url, { fields });
  if (response) renew(await response.text());
}

// A click shuts or opens a section; what the server told does not come back to it.
document.addEventListener("click", (event) => {
  const group = event.target.closest(".rail__group > summary")?.parentElement;
  if (group)
    ask(`/rail/sections/${encodeURIComponent(group.dataset.section)}`, { fields: { shut: group.open ? "1" : "0" } }).catch(() => {});
});

let dragged = null;
const item = (event) => event.target.closest?.(".rail__group li:has(> [data-channel])");

document.addEventListener("dragstart", (event) => {
  dragged = item(event);
  dragged?.setAttribute("data-dragged", "");
});
document.addEventListener("dragend", () => {
  for (const old of document.querySelectorAll("[data-dragged], [data-drop]")) {
    old.removeAttribute("data-dragged");
    old.removeAttribute("data-drop");
  }
  dragged = null;
});
document.addEventListener("dragover", (event) => {
  const group = dragged && event.target.closest?.(".rail__group");
  if (!group) return;
  event.preventDefault();
  for (const old of document.querySelectorAll("[data-drop]")) old.removeAttribute("data-drop");
  (item(event) ?? group).setAttribute("data-drop", "");
});
document.addEventListener("drop", (event) => {
  const group = dragged && event.target.closest?.(".rail__group");
  if (!group) return;
  event.preventDefault();
  const id = (row) => row?.querySelector("[data-channel]").dataset.channel;
  const before = item(event);
  if (before === dragged) return;
  const fields = { section: group.dataset.section };
  if (before) fields.before = id(before);
  change(`/rail/channels/${id(dragged)}`, fields);
});

// What stands on the page for this reader alone is asked for again when its channel changes.
const waiting = new Map();
document.addEventListener("parley:event", (event) => {
  const { topic, event: name } = event.detail;
  if (!/^(channel\.(changed|followed)|member\.|person\.followed)/.test(name)) return;
  for (const part of document.querySelectorAll("[data-renew]")) {
    const { renew: url, renewOn: on } = part.dataset;
    if (!on.split(" ").includes(topic) && !topic.startsWith("person:")) continue;
    clearTimeout(waiting.get(url));
    waiting.set(url, setTimeout(again, 200 + 600 * Math.random(), part, url));
  }
});

async function again(part, url) {
  const response = await ask(url).catch(() => null);
  if (response?.status === 404) location.assign("/channels");
  if (response?.ok) apply([{ select: `#${part.id}`, how: "replace", html: await response.text() }]);
}
