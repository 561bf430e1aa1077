// Fragments are the same for everybody; what is the reader's own is marked here.
import { onArrive } from "./arrive.js";
import { viewer } from "./words.js";

onArrive("[data-author]", (element) => {
  element.toggleAttribute("data-mine", viewer !== "" && element.dataset.author === viewer);
});

onArrive("[data-for]", (element) => {
  element.hidden = element.dataset.for !== viewer;
});

onArrive("[data-people]", (button) => {
  const pressed = viewer !== "" && button.dataset.people.split(" ").includes(viewer);
  button.setAttribute("aria-pressed", String(pressed));
});

// The press shows at once; the answer, or its absence, corrects it.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  const button = ctx.sourceElement;
  if (!button.hasAttribute("data-react")) return;
  const on = button.getAttribute("aria-pressed") !== "true";
  ctx.request.body.set("on", on ? "1" : "0");
  button.setAttribute("aria-pressed", String(on));
  const number = button.querySelector(".num");
  if (number) number.textContent = Math.max(0, Number(number.textContent || 0) + (on ? 1 : -1)) || "";
});

function takeBack(event) {
  const { ctx } = event.detail;
  const button = ctx?.sourceElement;
  if (!button?.hasAttribute?.("data-react") || (ctx.response && ctx.response.status < 400)) return;
  const on = button.getAttribute("aria-pressed") === "true";
  button.setAttribute("aria-pressed", String(!on));
  const number = button.querySelector(".num");
  if (number) number.textContent = Math.max(0, Number(number.textContent || 0) + (on ? -1 : 1)) || "";
}

document.addEventListener("htmx:response:error", takeBack);
document.addEventListener("htmx:error", takeBack);
