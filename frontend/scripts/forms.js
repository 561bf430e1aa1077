// Forms: sent once, focus on the first error, secrets easy to copy.
import { onArrive } from "./arrive.js";
import { send } from "./live.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

document.addEventListener("htmx:before:request", (event) => {
  const form = event.detail.ctx.sourceElement;
  if (!form.matches("form")) return;
  if (form.hasAttribute("aria-busy")) event.preventDefault();
  else form.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:finally:request", (event) => event.detail.ctx.sourceElement?.removeAttribute?.("aria-busy"));

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.hasAttribute("hx-post")) return;
  if (form.hasAttribute("aria-busy")) event.preventDefault();
  else form.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.response?.status === 422) firstError();
});
function firstError() {
  const field = document.querySelector('main [aria-invalid="true"], .sidepanel [aria-invalid="true"]');
  field?.focus();
  // Under a long text the words that say what is wrong may stand below the window.
  document.getElementById(field?.getAttribute("aria-describedby"))?.scrollIntoView({ block: "nearest" });
}
if (document.querySelector('main [aria-invalid="true"]')) firstError();

onArrive("[data-select-all]", (input) => input.addEventListener("focus", () => input.select()));

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(say("copied"));
  } catch {
    toast(text);
  }
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-copy]");
  if (link) copy(new URL(link.dataset.copy, location.href).href);
  const text = event.target.closest("[data-copy-text]");
  if (text) copy(text.dataset.copyText);
});

// Who writes where is told while somebody types, and taken back when they stop.
const quiet = new Map();
document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-doing]");
  if (!form) return;
  const { doing, doingTopic: topic } = form.dataset;
  const before = quiet.get(topic);
  if (!before || Date.now() - before.told > 3000) {
    send({ doing, topic });
    quiet.set(topic, { ...before, told: Date.now() });
  }
  const now = quiet.get(topic);
  clearTimeout(now.timer);
  now.timer = setTimeout(() => {
    quiet.delete(topic);
    send({ doing: "viewing", topic });
  }, 8000);
});
