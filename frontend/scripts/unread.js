// Numbers beside channels, in the title and on the icon are one fact, counted from the rail.
import { setCount } from "./parts.js";

const title = document.title;
const icon = document.querySelector('link[rel="icon"]');
const plain = icon?.getAttribute("href");

const counters = (name) => document.querySelectorAll(`[data-unread="${CSS.escape(name)}"]`);

export function unreadOf(name) {
  return Number(counters(name)[0]?.textContent || 0);
}

export function setUnread(name, number) {
  for (const counter of counters(name)) setCount(counter, number);
  total();
}

// What waits beside the channels is the server's to count; of the channels those count that are not put off.
function waiting({ dataset }) {
  const off = dataset.off.split(" ");
  const loud = [...document.querySelectorAll('.rail [data-unread^="channel:"]')].filter(
    (one) => Number(one.textContent) > 0 && !off.includes(one.dataset.unread.slice(8)),
  );
  return Number(dataset.things) + loud.length;
}

export function total() {
  let channels = 0;
  for (const counter of document.querySelectorAll('.rail [data-unread^="channel:"]')) channels += Number(counter.textContent || 0);
  for (const counter of counters("channels")) setCount(counter, channels);
  for (const counter of counters("catch-up")) setCount(counter, waiting(counter));
  const all = channels + unreadOf("notifications");
  document.title = all ? `(${all}) ${title}` : title;
  icon?.setAttribute("href", all ? icon.dataset.unread : plain);
}

total();
