// Catch-up: what is done goes at once, what comes stands there without reloading, and the place in the list is kept.
import { onArrive } from "./arrive.js";
import { ask } from "./net.js";
import { upsert } from "./parts.js";

const TELLS = /^(catch_up|thread|notification|channel|member|post|comment|message|conversation|person)\./;
const OWN = /^(catch_up|thread|notification|channel)\./;
const list = () => document.getElementById("catch-up");
const rows = () => [...document.querySelectorAll("#catch-up .triage__row")];
let due = 0;
let back = 0;

async function renew() {
  due = 0;
  if (!list()) return;
  const here = document.querySelector("#catch-up [data-here]") ?? document.activeElement?.closest("#catch-up .triage__row");
  const at = rows().indexOf(here);
  const focused = here?.contains(document.activeElement);
  const response = await ask("/catch-up", { part: "catch-up" }).catch(() => null);
  if (!response?.ok || !list()) return;
  upsert(await response.text());
  if (at < 0) return;
  const next = (here.id && document.getElementById(here.id)) || rows()[Math.min(at, rows().length - 1)];
  next?.setAttribute("data-here", "");
  if (focused || !document.activeElement || document.activeElement === document.body) next?.focus({ preventScroll: true });
}

export function soon(wait) {
  if (!list()) return;
  clearTimeout(due);
  due = setTimeout(renew, wait);
}

// What was put off is asked for when it is due, also where no worker says so.
onArrive("#catch-up", (box) => {
  clearTimeout(back);
  const wait = new Date(box.dataset.next) - Date.now();
  if (wait < 864e5) back = setTimeout(renew, Math.max(wait, 0) + 500);
});

document.addEventListener("parley:event", ({ detail }) => {
  if (TELLS.test(detail.event)) soon(OWN.test(detail.event) ? 150 : 400 + Math.random() * 1600);
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement.closest?.("[data-act]");
  if (!form || ctx.response.status >= 400) return;
  document.querySelector("#menu:popover-open")?.hidePopover();
  const { kind, thing } = form.elements;
  const row = kind && document.querySelector(`#catch-up [data-kind="${kind.value}"][data-thing="${thing.value}"]`);
  if (row) {
    const next = rows()[rows().indexOf(row) + 1] ?? rows()[rows().indexOf(row) - 1];
    row.remove();
    next?.setAttribute("data-here", "");
    next?.focus({ preventScroll: true });
  }
  soon(600);
  if (location.pathname === "/threads") location.reload();
});
