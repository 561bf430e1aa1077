// The page's one socket. Each topic has its own sequence; what is not exactly next is asked for again.
import { apply } from "./parts.js";
import { show } from "./presence.js";
import { toast } from "./toast.js";
import { setUnread, total, unreadOf } from "./unread.js";
import { say, tell, viewer } from "./words.js";

const SIGNED_OUT = 4401;
const WRONG_ORIGIN = 4403;
const SILENCE = 70_000;

const meta = document.querySelector('meta[name="parley-live"]');
const last = new Map(Object.entries(meta ? JSON.parse(meta.content) : {}));
const asked = new Map();
let socket = null;
let tries = 0;
let timer = 0;
let watch = 0;
let stopped = !meta;
let downSince = 0;

export function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

// Topics that came to the page after it was loaded, each from where it stood then.
export function hear(topics) {
  const fresh = Object.fromEntries(Object.entries(topics).filter(([topic]) => !last.has(topic)));
  for (const [topic, seq] of Object.entries(fresh)) last.set(topic, seq);
  if (Object.keys(fresh).length) send({ topics: fresh });
}

function connect() {
  clearTimeout(timer);
  if (stopped || (socket && socket.readyState <= WebSocket.OPEN)) return;
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
  socket.addEventListener("open", opened);
  socket.addEventListener("message", (event) => heard(event.data));
  socket.addEventListener("close", closed);
}

function opened() {
  asked.clear();
  send({ topics: Object.fromEntries(last) });
  tries = 0;
  listen();
  document.documentElement.dataset.live = "on";
  if (downSince && Date.now() - downSince > 5000) tell(say("reconnected"));
  downSince = 0;
  document.dispatchEvent(new CustomEvent("parley:open"));
}

// A socket that says nothing for longer than its pings is dead, whatever its state claims.
function listen() {
  clearTimeout(watch);
  watch = setTimeout(() => socket?.close(), SILENCE);
}

function closed(event) {
  if (event.target !== socket) return;
  clearTimeout(watch);
  socket = null;
  if (event.code === SIGNED_OUT) {
    stopped = true;
    location.assign("/sign-in?why=ended");
    return;
  }
  if (event.code === WRONG_ORIGIN) {
    stopped = true;
    toast(say("wrong_origin"));
    return;
  }
  downSince ||= Date.now();
  const wait = Math.min(10_000, 500 * 2 ** tries) * (0.5 + Math.random() / 2);
  tries += 1;
  timer = setTimeout(connect, wait);
  setTimeout(sayDown, 5000);
}

function sayDown() {
  if (!downSince || stopped || Date.now() - downSince < 4900) return;
  if (document.documentElement.dataset.live === "off") return;
  document.documentElement.dataset.live = "off";
  tell(say("disconnected"));
}

function heard(text) {
  listen();
  const frames = JSON.parse(text);
  for (const frame of Array.isArray(frames) ? frames : [frames]) take(frame);
}

function take(frame) {
  if (frame.presence) show(frame.presence);
  else if (frame.reset !== undefined) restart(frame);
  else if (frame.error) last.delete(frame.topic);
  else if (frame.seq !== undefined) next(frame);
}

function next(frame) {
  const before = last.get(frame.topic);
  if (before === undefined || frame.seq <= before) return;
  if (frame.seq !== before + 1) {
    askAgain(frame.topic, before);
    return;
  }
  last.set(frame.topic, frame.seq);
  asked.delete(frame.topic);
  const parts = frame.parts ?? [];
  apply(parts);
  count(frame, parts);
  document.dispatchEvent(new CustomEvent("parley:event", { detail: frame }));
}

function askAgain(topic, before) {
  const told = asked.get(topic);
  if (told?.before === before && Date.now() - told.at < 2000) return;
  asked.set(topic, { before, at: Date.now() });
  send({ topics: { [topic]: before } });
}

// The log no longer reaches back. Drafts are kept by their composers, the scroll position by the browser.
function restart(frame) {
  last.set(frame.topic, frame.reset);
  document.dispatchEvent(new CustomEvent("parley:keep"));
  location.reload();
}

function count(frame, parts) {
  if (frame.event === "post.published" && frame.topic.startsWith("channel:")) {
    const author = parts.map((part) => part.html?.match(/\bdata-author="(\d+)"/)?.[1]).find(Boolean);
    const item = document.querySelector(`.rail [data-channel="${CSS.escape(frame.topic.slice(8))}"]`);
    const open =
      document.querySelector(`[data-feed="${CSS.escape(frame.topic)}"]`) && document.visibilityState === "visible" && document.hasFocus();
    if (author !== viewer && item?.dataset.level === "all" && !open) setUnread(frame.topic, unreadOf(frame.topic) + 1);
  }
  total();
}

function now() {
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  tries = 0;
  connect();
}

// A browser that is cut off does not say so to its sockets for a minute; the reader is told at once.
addEventListener("offline", () => {
  downSince ||= Date.now();
  document.documentElement.dataset.live = "off";
  tell(say("disconnected"));
});
addEventListener("online", () => {
  if (socket?.readyState === WebSocket.OPEN) socket.close();
  else now();
});
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && now());
addEventListener("pagehide", () => {
  const old = socket;
  socket = null;
  clearTimeout(timer);
  old?.close(1000);
});
addEventListener("pageshow", (event) => event.persisted && now());

if (document.readyState === "complete") connect();
else addEventListener("load", connect);
