// Menus: the entries of a lazy one come from the server when it opens. Arrows move, Escape closes, focus returns.
import htmx from "htmx.org/dist/htmx.esm.js";
import { tryAsk } from "./net.js";

const menu = document.getElementById("menu");
const anchored = CSS.supports("position-area", "block-end");
let opener = null;

function beside(popover, button) {
  if (anchored || !button) return;
  const { style } = popover;
  const at = button.getBoundingClientRect();
  const box = popover.getBoundingClientRect();
  const below = at.bottom + box.height < innerHeight || at.top < box.height;
  style.position = "fixed";
  style.inset = "auto";
  style.top = `${below ? at.bottom : at.top - box.height - 8}px`;
  style.left = `${Math.max(8, Math.min(at.right - box.width, innerWidth - box.width - 8))}px`;
}

async function open(button, url) {
  if (menu.matches(":popover-open")) {
    const same = opener === button;
    menu.hidePopover();
    if (same) return;
  }
  const response = await tryAsk(url, { part: "menu" });
  if (!response) return;
  menu.innerHTML = await response.text();
  opener = button;
  button.setAttribute("aria-expanded", "true");
  menu.setAttribute("aria-label", button.getAttribute("aria-label") ?? button.querySelector(".visually-hidden")?.textContent.trim() ?? "");
  menu.showPopover();
  htmx.process(menu);
  beside(menu, button);
  (menu.querySelector("input:not([type=hidden], [type=datetime-local])") ?? menu.querySelector("button, a"))?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-menu]");
  if (button) {
    event.preventDefault();
    open(button, button.dataset.menu);
    return;
  }
  const bell = event.target.closest("[data-bell]");
  if (bell && !event.ctrlKey && !event.metaKey && matchMedia("(width >= 48rem)").matches) {
    event.preventDefault();
    open(bell, `${bell.getAttribute("href")}?part=popover`);
    return;
  }
  const entry = event.target.closest(".menu :is(a, button):not(form button)");
  if (entry) entry.closest("[popover]")?.hidePopover();
});

menu?.addEventListener("toggle", (event) => {
  if (event.newState === "open") return;
  const was = opener;
  opener = null;
  for (const button of document.querySelectorAll('[data-menu][aria-expanded="true"], [data-bell][aria-expanded="true"]'))
    button.setAttribute("aria-expanded", "false");
  const active = document.activeElement;
  if (was?.isConnected && (!active || active === document.body || menu.contains(active))) was.focus({ preventScroll: true });
});

for (const popover of document.querySelectorAll(".menu[popover]:not(#menu)")) {
  popover.addEventListener("toggle", (event) => {
    if (event.newState === "open") {
      const buttons = [...document.querySelectorAll(`[popovertarget="${popover.id}"]`)];
      beside(
        popover,
        buttons.find((button) => button.offsetParent),
      );
    }
  });
}

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.(".menu");
  if (!box || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) || event.target.matches("input, select")) {
    if (!(box && event.key === "ArrowDown" && event.target.matches("input"))) return;
  }
  const entries = [...box.querySelectorAll("a[href], button")].filter((entry) => entry.offsetParent);
  const at = entries.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
  event.preventDefault();
  entries.at(next % entries.length)?.focus();
});
