// What is common to every request of ours: the token, and what a refusal or a failure looks like.
import { upsert } from "./parts.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export function ask(url, { fields, json, method, part = "", signal, keepalive = false } = {}) {
  const headers = { "HX-Request": "true", "X-CSRF-Token": token() };
  if (part) headers["HX-Target"] = part;
  if (json) headers["Content-Type"] = "application/json";
  const body = json ? JSON.stringify(json) : fields instanceof FormData ? fields : fields && new URLSearchParams(fields);
  return fetch(url, { method: method ?? (body ? "POST" : "GET"), body, headers, signal, keepalive, mode: "same-origin" });
}

// For what happens beside a form: null when it did not work, and the reader has been told.
export async function tryAsk(url, options) {
  try {
    const response = await ask(url, options);
    if (!response.ok) {
      refused(response.status, response.headers);
      return null;
    }
    announce(response.headers);
    return response;
  } catch (error) {
    if (error.name !== "AbortError") toast(say("offline"));
    return null;
  }
}

function decoded(headers, name) {
  try {
    return decodeURIComponent((headers.get(name) ?? "").replaceAll("+", " "));
  } catch {
    return "";
  }
}

export function refused(status, headers) {
  if (status === 401) {
    location.assign(`/sign-in?why=ended&next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  const otherwise = status === 429 ? "limited" : status >= 500 ? "server" : status === 413 ? "too_large" : "refused";
  toast(decoded(headers, "X-Parley-Error") || say(otherwise));
}

// A success may carry a sentence and the address that takes it back.
export function announce(headers) {
  const question = headers.get("X-Parley-Ask");
  if (question) import("./ask.js").then((asking) => asking.share(question));
  const back = headers.get("X-Parley-Undo");
  const sentence = decoded(headers, "X-Parley-Toast") || (back ? say("removed") : "");
  if (!sentence) return;
  const act = back?.startsWith("/") && !back.startsWith("//") && { run: () => undo(back) };
  if (act) undoable.push(back);
  toast(sentence, act);
}

// The latest of what can be taken back, or the one whose button was pressed.
const undoable = [];

export async function undo(back = undoable.at(-1)) {
  const at = undoable.lastIndexOf(back);
  if (at < 0) return;
  undoable.splice(at, 1);
  const response = await tryAsk(back, { fields: {} });
  const html = await response?.text();
  if (html?.trim()) upsert(html);
  if (response) toast(say("undone"));
}

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRF-Token"] = token();
});

// htmx 4 swaps every answer. Ours swaps successes and forms with errors (422); the rest is a sentence, and the page stays.
const forTheForm = (ctx) => ctx.response.status === 422 || ctx.sourceElement.hasAttribute(`hx-status:${ctx.response.status}`);

// Said when the answer is here, not when it is swapped: the socket may have been faster and have taken the target away.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status < 400) announce(ctx.response.headers);
  else if (ctx.response.headers.get("X-Parley-Code") === "crowd")
    import("./ask.js").then((asking) => asking.crowd(ctx.sourceElement, decoded(ctx.response.headers, "X-Parley-Error")));
  else if (!forTheForm(ctx)) refused(ctx.response.status, ctx.response.headers);
});

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status >= 400 && !forTheForm(ctx)) event.preventDefault();
});

document.addEventListener("htmx:error", () => toast(say("offline")));
