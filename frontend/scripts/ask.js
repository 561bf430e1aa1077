// Questions that stand before or after a text is sent: a crowd would be told, somebody named cannot read it.
import htmx from "htmx.org/dist/htmx.esm.js";
import { tryAsk } from "./net.js";
import { say } from "./words.js";

function open(dialog) {
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-ask-close]") && event.target !== dialog) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.showModal();
}

function empty() {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "ask-head");
  return dialog;
}

// After sending: the server knows whom the text named in vain.
export async function share(url) {
  if (!url.startsWith("/") || url.startsWith("//")) return;
  const response = await tryAsk(url);
  if (!response) return;
  const dialog = empty();
  dialog.innerHTML = await response.text();
  dialog.addEventListener("htmx:after:request", (event) => event.detail.ctx.response.status < 400 && dialog.close());
  open(dialog);
  htmx.process(dialog);
}

// Before sending: the same form goes again, confirmed, with every word still in it.
export function crowd(form, sentence) {
  const dialog = empty();
  const head = document.createElement("h2");
  head.id = "ask-head";
  head.textContent = sentence;
  const acts = document.createElement("div");
  acts.className = "dialog__acts";
  const no = document.createElement("button");
  const yes = no.cloneNode();
  no.className = "button button--quiet";
  no.textContent = say("cancel");
  no.dataset.askClose = "";
  yes.className = "button button--primary";
  yes.textContent = say("send_anyway");
  yes.addEventListener("click", () => {
    dialog.close();
    const confirmed = document.createElement("input");
    Object.assign(confirmed, { type: "hidden", name: "confirm_crowd", value: "1" });
    form.append(confirmed);
    form.requestSubmit();
    confirmed.remove();
  });
  acts.append(no, yes);
  dialog.append(head, acts);
  open(dialog);
}
