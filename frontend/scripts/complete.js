// After @, # and a colon: who, which, and how it feels. The list comes rendered; arrows choose, Enter or Tab takes, Escape leaves it.
import { ask } from "./net.js";

const SIGN = /(?:^|[\s(])(?:([@#])([\p{L}\p{N}._-]{0,40}(?: [\p{L}\p{N}._-]{1,40})?)|(:)([\p{L}\p{N}_+-]{2,30}))$/u;
const KINDS = { "@": "person", "#": "channel", ":": "emoji" };
let lists = 0;

export function complete(field) {
  let list = null;
  let flight = null;
  let from = 0;
  field.setAttribute("aria-autocomplete", "list");

  function close() {
    flight?.abort();
    list?.remove();
    list = null;
    for (const name of ["aria-controls", "aria-activedescendant"]) field.removeAttribute(name);
  }

  function choose(option) {
    for (const one of list.children) one.setAttribute("aria-selected", String(one === option));
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function take(option) {
    field.setRangeText(`${option.dataset.value} `, from, field.selectionStart, "end");
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }

  function show(made) {
    list?.remove();
    list = made;
    lists += 1;
    list.id = `complete-${lists}`;
    for (const [at, option] of [...list.children].entries()) option.id = `complete-${lists}-${at}`;
    field.after(list);
    field.setAttribute("aria-controls", list.id);
    choose(list.firstElementChild);
    list.addEventListener("pointerdown", (event) => {
      const option = event.target.closest('[role="option"]');
      event.preventDefault();
      if (option) take(option);
    });
  }

  // The newest question wins; an answer that comes after the writer has moved on is not shown.
  async function look() {
    const found = field.value.slice(0, field.selectionStart).match(SIGN);
    const [sign, word] = found ? [found[1] ?? found[3], found[2] ?? found[4]] : [];
    if (!found || (sign === "#" && word.includes(" "))) {
      close();
      return;
    }
    from = field.selectionStart - word.length - 1;
    flight?.abort();
    flight = new AbortController();
    const { signal } = flight;
    try {
      const response = await ask(`/complete?kind=${KINDS[sign]}&q=${encodeURIComponent(word)}`, { signal });
      const template = document.createElement("template");
      if (response.ok) template.innerHTML = await response.text();
      if (signal.aborted) return;
      const made = template.content.querySelector("ul");
      if (made?.childElementCount && document.activeElement === field) show(made);
      else close();
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  field.addEventListener("input", look);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (!list || event.isComposing) return;
    const options = [...list.children];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const acts = {
      ArrowDown: () => choose(options[(at + 1) % options.length]),
      ArrowUp: () => choose(options.at(at - 1)),
      Enter: () => take(options[at]),
      Tab: () => take(options[at]),
      Escape: close,
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  });
}
