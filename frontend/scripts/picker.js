// Choosing persons: type, take from the list, see them as chips, take them out again.
import { ask } from "./net.js";

let lists = 0;

export function enhance(field) {
  if (field.hasAttribute("data-ready")) return;
  field.setAttribute("data-ready", "");
  const input = field.querySelector(".picker__input");
  const chips = field.querySelector(".chips");
  const blank = field.querySelector("template");
  let list = null;
  let flight = null;

  const chosen = () => [...chips.querySelectorAll('input[name="people"]')].map((one) => one.value);

  function close() {
    flight?.abort();
    list?.remove();
    list = null;
    input.setAttribute("aria-expanded", "false");
    for (const name of ["aria-controls", "aria-activedescendant"]) input.removeAttribute(name);
  }

  function choose(option) {
    for (const one of list.children) one.setAttribute("aria-selected", String(one === option));
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  function take(option) {
    const chip = blank.content.firstElementChild.cloneNode(true);
    const name = option.querySelector("[dir]").textContent;
    chip.querySelector("[dir]").textContent = name;
    chip.querySelector("input").value = option.dataset.id;
    chip.querySelector(".visually-hidden").append(` ${name}`);
    const face = option.querySelector(".avatar");
    face?.classList.replace("avatar--s", "avatar--xs");
    if (face) chip.prepend(face);
    chips.append(chip);
    input.value = "";
    close();
    input.focus();
  }

  function show(made) {
    list?.remove();
    list = made;
    lists += 1;
    list.id = `picker-${lists}`;
    const taken = chosen();
    for (const option of [...list.children]) if (!option.dataset.id || taken.includes(option.dataset.id)) option.remove();
    for (const [at, option] of [...list.children].entries()) option.id = `${list.id}-${at}`;
    if (!list.childElementCount) {
      close();
      return;
    }
    field.append(list);
    input.setAttribute("aria-expanded", "true");
    input.setAttribute("aria-controls", list.id);
    choose(list.firstElementChild);
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest('[role="option"]');
      if (option) take(option);
    });
  }

  async function look() {
    const asked = input.value.replace(/^@/, "").trim();
    flight?.abort();
    if (!asked) {
      close();
      return;
    }
    flight = new AbortController();
    const { signal } = flight;
    try {
      const response = await ask(`/complete?kind=person&q=${encodeURIComponent(asked)}`, { signal });
      const template = document.createElement("template");
      if (response.ok) template.innerHTML = await response.text();
      const made = template.content.querySelector("ul");
      if (!signal.aborted && made && document.activeElement === input) show(made);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  input.addEventListener("input", look);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Backspace" && !input.value) {
      chips.lastElementChild?.remove();
      return;
    }
    if (!list) return;
    const options = [...list.children];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const acts = {
      ArrowDown: () => choose(options[(at + 1) % options.length]),
      ArrowUp: () => choose(options.at(at - 1)),
      Enter: () => take(options[at]),
      Tab: () => take(options[at]),
      Escape: close,
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  });
  chips.addEventListener("click", (event) => {
    const out = event.target.closest("[data-drop-person]");
    if (!out) return;
    out.closest("li").remove();
    input.focus();
  });
  // Somebody may have begun to type before this was here.
  look();
}
