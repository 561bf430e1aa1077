// Everything the pages need at once; writing (toolbar, completion, uploads) comes when somebody is about to write.
import "htmx.org/dist/htmx.esm.js";
import "./net.js";
import "./time.js";
import "./marks.js";
import "./fold.js";
import "./keep.js";
import "./toast.js";
import "./forms.js";
import "./menu.js";
import "./panel.js";
import "./palette.js";
import "./keys.js";
import "./reading.js";
import "./thread.js";
import "./presence.js";
import "./live.js";
import "./rail.js";
import "./customers.js";
import "./queue.js";
import { onArrive } from "./arrive.js";

onArrive("[data-composer]", (form) => {
  const load = () => import("./composer.js").then((writing) => writing.enhance(form));
  if (document.activeElement && form.contains(document.activeElement)) load();
  else if (window.requestIdleCallback) requestIdleCallback(load, { timeout: 800 });
  else setTimeout(load);
});

onArrive("[data-picker]", (field) => import("./picker.js").then((picking) => picking.enhance(field)));

onArrive("[data-own]", (own) => import("./kinds.js").then((kinds) => kinds.mark(own)));
onArrive("#lead", () => import("./kinds.js"));

onArrive("#catch-up", () => import("./catch_up.js"));

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-picture]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  import("./lightbox.js").then((box) => box.open(link));
});

// Said for those who wait for it, such as tests.
onArrive("body", () => {
  document.documentElement.dataset.ready = "";
});
