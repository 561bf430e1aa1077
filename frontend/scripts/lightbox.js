// A picture large: the native dialog, the others of the same post beside it. Focus goes back where it came from by itself.
import { say } from "./words.js";

function button(name, words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `lightbox__${name} button`;
  made.setAttribute("aria-label", words);
  const sign = { close: "×", before: "‹", after: "›", zoom: "+" }[name];
  made.textContent = sign;
  made.addEventListener("click", act);
  return made;
}

export function open(link) {
  const links = [...(link.closest(".pictures")?.querySelectorAll("[data-picture]") ?? [link])];
  const dialog = document.createElement("dialog");
  dialog.className = "lightbox";
  const figure = document.createElement("figure");
  const image = document.createElement("img");
  const words = document.createElement("figcaption");
  words.dir = "auto";
  const save = document.createElement("a");
  save.className = "lightbox__save button";
  save.textContent = say("download");
  figure.append(image, words);
  const [before, after] = [button("before", say("previous"), () => show(at - 1)), button("after", say("next"), () => show(at + 1))];
  let at = links.indexOf(link);

  function show(place) {
    at = (place + links.length) % links.length;
    const shown = links[at].querySelector("img");
    image.src = links[at].href;
    image.alt = shown.alt;
    if (shown.width) [image.width, image.height] = [shown.getAttribute("width"), shown.getAttribute("height")];
    const described = shown.alt && shown.alt !== links[at].dataset.name ? shown.alt : "";
    words.textContent = described;
    dialog.setAttribute("aria-label", described || links[at].dataset.name || "");
    save.href = links[at].href;
    save.download = links[at].dataset.name ?? "";
    dialog.classList.remove("lightbox--near");
  }

  const near = () => dialog.classList.toggle("lightbox--near");
  image.addEventListener("click", near);
  for (const one of [before, after]) one.hidden = links.length < 2;
  const bar = document.createElement("div");
  bar.className = "lightbox__bar";
  bar.append(
    save,
    button("zoom", say("zoom"), near),
    button("close", say("close"), () => dialog.close()),
  );
  dialog.append(bar, before, figure, after);
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && links.length > 1) show(at + (document.dir === "rtl" ? -step : step));
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target === figure) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  show(at);
  dialog.showModal();
}
