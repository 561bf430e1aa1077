import { say } from "./words.js";

const LASTS = 7000;

function expire(toast, after = LASTS) {
  let timer = setTimeout(() => toast.remove(), after);
  const hold = () => clearTimeout(timer);
  const go = () => {
    timer = setTimeout(() => toast.remove(), after / 2);
  };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("pointerleave", go);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", go);
}

// One at a time: a second sentence takes the place of the first, so nothing piles up over the page.
export function toast(sentence, act) {
  const box = document.getElementById("toasts");
  const template = document.getElementById("toast-template");
  if (!box || !template || !sentence) return;
  const made = template.content.firstElementChild.cloneNode(true);
  made.querySelector("span").textContent = sentence;
  if (act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.textContent = act.label ?? say("undo");
    button.addEventListener("click", () => {
      made.remove();
      act.run();
    });
    made.append(button);
  }
  box.replaceChildren(made);
  expire(made);
}

for (const shown of document.querySelectorAll("#toasts [data-toast]")) expire(shown, LASTS * 1.5);
