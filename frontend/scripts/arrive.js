// Elements arrive with the page, by htmx and by the socket; htmx processes all of them and says so.
const wanted = [];

export function onArrive(selector, act) {
  wanted.push([selector, act]);
}

document.addEventListener("htmx:after:process", (event) => {
  const root = event.target;
  for (const [selector, act] of wanted) {
    if (root.matches?.(selector)) act(root);
    for (const element of root.querySelectorAll(selector)) act(element);
  }
});
