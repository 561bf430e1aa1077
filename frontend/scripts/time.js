// Times as the reader's clock has them. The server wrote them once for everybody.
import { onArrive } from "./arrive.js";
import { say } from "./words.js";

// As the server does: web/days.py.
const tongue = (document.documentElement.lang || "en").split("-")[0];
const lang = tongue === "en" ? "en-GB" : tongue;
const zone = document.documentElement.dataset.zone || undefined;
const formats = new Map();

function format(options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(lang, { timeZone: zone, ...options }));
  return formats.get(key);
}

const clock = (date) => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
const dayKey = (date) => format({ year: "numeric", month: "2-digit", day: "2-digit" }).format(date);
const piece = (date, options) => format(options).format(date);

function dayWords(date) {
  const now = new Date();
  if (dayKey(date) === dayKey(now)) return say("today");
  if (dayKey(date) === dayKey(new Date(now - 864e5))) return say("yesterday");
  const first = piece(date, { year: "numeric" }) === piece(now, { year: "numeric" }) ? { weekday: "short" } : { year: "numeric" };
  return piece(date, { ...first, day: "numeric", month: "short" });
}

function ago(date) {
  const minutes = Math.round((date - Date.now()) / 6e4);
  const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: "short" });
  if (Math.abs(minutes) < 60) return relative.format(minutes, "minute");
  if (Math.abs(minutes) < 60 * 36) return relative.format(Math.round(minutes / 60), "hour");
  return relative.format(Math.round(minutes / 1440), "day");
}

const ways = {
  clock,
  day: dayWords,
  ago,
  date: (date) => piece(date, { weekday: "long", day: "numeric", month: "long" }),
  long: (date) => `${piece(date, { day: "numeric", month: "long", year: "numeric" })}, ${clock(date)}`,
  short: (date) => (dayKey(date) === dayKey(new Date()) ? clock(date) : `${dayWords(date)} ${clock(date)}`),
};

function write(element) {
  const date = new Date(element.getAttribute("datetime"));
  if (Number.isNaN(date.valueOf())) return;
  const words = (ways[element.dataset.when] ?? ways.short)(date);
  if (element.textContent.trim() !== words) element.textContent = words;
  if (!element.title) element.title = ways.long(date);
}

onArrive("time[data-when]", write);
// Days are the reader's too, so their lines are drawn again wherever posts came in.
function days(feed) {
  let day = "";
  let line = null;
  for (const child of [...feed.children]) {
    if (child.matches(".dayline[data-day]")) {
      line?.remove();
      line = child;
    } else if (child.matches(".post")) {
      const date = new Date(child.dataset.at);
      if (dayKey(date) === day) line?.remove();
      else child.before(drawn(line, date));
      day = dayKey(date);
      line = null;
    }
  }
  line?.remove();
}

function drawn(old, date) {
  const line = old ?? document.createElement("div");
  line.className = "dayline";
  line.dataset.day = date.toISOString();
  if (!line.firstElementChild) line.append(document.createElement("span"));
  const words = dayWords(date);
  if (line.firstElementChild.textContent !== words) line.firstElementChild.textContent = words;
  return line;
}

const fresh = new Set();
onArrive("[data-days] > .post", (post) => {
  const feed = post.parentElement;
  if (!fresh.size) {
    queueMicrotask(() => {
      for (const one of fresh) days(one);
      fresh.clear();
    });
  }
  fresh.add(feed);
});
setInterval(() => {
  for (const element of document.querySelectorAll('time[data-when="ago"], time[data-when="short"]')) write(element);
}, 6e4);
