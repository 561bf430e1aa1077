// A thread opens beside the page where there is room for it, and is a page of its own where there is none.
import htmx from "htmx.org/dist/htmx.esm.js";
import { tryAsk } from "./net.js";

const panel = document.getElementById("panel");
const roomy = matchMedia("(width >= 60rem)");
const home = location.pathname + location.search;
let opener = null;
let current = 0;

function mark(url) {
  for (const here of document.querySelectorAll(".post[data-here]")) here.removeAttribute("data-here");
  const id = url?.match(/^\/posts\/(\d+)/)?.[1];
  document.getElementById(`post-${id}`)?.setAttribute("data-here", "");
}

// The comment that a link names is brought into sight and marked.
function toComment(id) {
  const comment = id?.startsWith("comment-") && document.getElementById(id);
  if (!comment) return;
  comment.classList.add("comment--marked");
  comment.scrollIntoView({ block: "center" });
}

async function open(url, { push = true, write = false } = {}) {
  current += 1;
  const mine = current;
  const response = await tryAsk(url, { part: "panel" });
  if (!response || mine !== current) return;
  panel.innerHTML = await response.text();
  panel.hidden = false;
  htmx.process(panel);
  mark(url);
  if (push) history.pushState({ panel: url }, "", url.split("#")[0]);
  const scroll = panel.querySelector("[data-thread-scroll]");
  if (scroll) scroll.scrollTop = scroll.scrollHeight;
  toComment(url.split("#")[1]);
  const field = write && panel.querySelector("textarea");
  (field || panel).focus({ preventScroll: true });
}

export function close({ push = true } = {}) {
  if (!panel || panel.hidden) return false;
  current += 1;
  panel.hidden = true;
  panel.replaceChildren();
  mark();
  if (push) history.pushState({}, "", home);
  if (opener?.isConnected) opener.focus({ preventScroll: true });
  opener = null;
  return true;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-panel-close]")) close();
  const link = event.target.closest("a[data-panel]");
  if (!link || !panel || !roomy.matches || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.closest(".feed--one")) return;
  event.preventDefault();
  opener = link;
  open(link.getAttribute("href"), { write: link.hasAttribute("data-comment") && link.querySelector("b + span") === null });
});

addEventListener("popstate", (event) => {
  if (event.state?.panel) open(event.state.panel, { push: false });
  else close({ push: false });
});
