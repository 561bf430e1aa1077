// Puts rendered parts into the page: each element once, wherever it came from first.
import htmx from "htmx.org/dist/htmx.esm.js";
import { dropPending, offer, renewPending } from "./feed.js";

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

const within = (root, id) => (root.id === id ? root : root.querySelector(`#${CSS.escape(id)}`));

// What the reader has done to the old element goes over to the new one: an open form, an unfolded text, focus.
function handOver(old, fresh) {
  for (const kept of old.querySelectorAll("[data-stays]")) {
    if (kept.childElementCount) within(fresh, kept.id)?.replaceWith(kept);
  }
  for (const mark of ["data-here", "data-unread-post"]) if (old.hasAttribute(mark)) fresh.setAttribute(mark, "");
  if (old.querySelector(".fold-text--open")) fresh.querySelector(".fold-text")?.classList.add("fold-text--open");
  const menu = old.querySelector('[data-menu][aria-expanded="true"]');
  if (menu) fresh.querySelector(`[data-menu="${CSS.escape(menu.dataset.menu)}"]`)?.setAttribute("aria-expanded", "true");
}

function focusKey(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  for (const name of ["data-react", "data-menu", "href"]) {
    if (element.hasAttribute(name)) return `[${name}="${CSS.escape(element.getAttribute(name))}"]`;
  }
  return "";
}

export function replace(old, fresh) {
  const active = document.activeElement;
  const focused = active && old.contains(active) ? active : null;
  const selection = focused && "selectionStart" in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  const key = focused && focused !== old ? focusKey(focused) : "";
  handOver(old, fresh);
  old.replaceWith(fresh);
  htmx.process(fresh);
  if (!focused) return;
  const again = fresh.contains(focused) ? focused : key ? fresh.querySelector(key) : fresh;
  again?.focus({ preventScroll: true });
  if (selection && again === focused) focused.setSelectionRange(...selection);
}

export function insert(container, fresh, how, before = null) {
  const anchor = before ?? (how === "start" ? startOf(container) : endOf(container));
  if (anchor) anchor.before(fresh);
  else container.append(fresh);
  htmx.process(fresh);
}

const startOf = (container) => container.querySelector(":scope > :not(.more)");

const endOf = (container) => container.querySelector(":scope > .more:last-child");

// Replaces the element of the same id wherever it is; without one nothing happens.
export function upsert(html, container, how = "start") {
  const fresh = parse(html);
  if (!fresh) return null;
  const old = fresh.id && document.getElementById(fresh.id);
  if (old) replace(old, fresh);
  else if (container) insert(container, fresh, how);
  else return null;
  return fresh;
}

function place(container, part) {
  const fresh = parse(part.html);
  if (!fresh) return;
  const id = part.id || fresh.id;
  const old = id && within(container, id);
  if (old) {
    replace(old, fresh);
    return;
  }
  if (renewPending(id, fresh)) return;
  if (part.how === "start" && container.hasAttribute("data-feed")) offer(container, fresh, insert);
  else {
    fresh.classList.add("comment--new");
    insert(container, fresh, part.how);
  }
}

const acts = {
  start: place,
  end: place,
  replace(found, part) {
    const fresh = parse(part.html);
    const old = part.id ? within(found, part.id) : found;
    if (fresh && old) replace(old, fresh);
  },
  remove(found, part) {
    (part.id ? within(found, part.id) : found)?.remove();
  },
  count(found, part) {
    const given = part.html.trim();
    const number = /^[+-]/.test(given) ? Number(found.textContent || 0) + Number(given) : Number(given);
    setCount(found, number);
  },
};

export function setCount(element, number) {
  element.textContent = number > 0 ? String(number) : "";
  element.hidden = !(number > 0);
}

export function apply(parts) {
  for (const part of parts) {
    const id = part.id || part.select.match(/^#([\w-]+)(?:\[[^\]]*\])?$/)?.[1];
    if (id && part.how === "remove") dropPending(id, part.id ? "*" : part.select);
    if (id && part.how === "replace") renewPending(id, parse(part.html));
    for (const found of document.querySelectorAll(part.select)) acts[part.how]?.(found, part);
  }
}
