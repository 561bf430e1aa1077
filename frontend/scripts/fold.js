// Long posts are folded at twelve lines; one that fits after all needs no button.
import { onArrive } from "./arrive.js";

onArrive("[data-fold]", (fold) => {
  const part = fold.querySelector(".fold-text__part");
  const button = fold.querySelector(".fold-text__more");
  if (part.clientHeight > 0 && part.scrollHeight <= part.clientHeight + 24) open();
  button.addEventListener("click", () => {
    open();
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
  });

  function open() {
    fold.classList.add("fold-text--open");
    button.hidden = true;
  }
});
