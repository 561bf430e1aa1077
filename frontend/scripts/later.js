// Sending later: the menu of times puts the chosen one into the composer that it was opened from.
let form = null;

function send(at) {
  form.elements.send_at.value = at;
  form.requestSubmit();
}

document.addEventListener(
  "click",
  (event) => {
    const clock = event.target.closest("[data-later]");
    if (clock) form = clock.form;
    const preset = event.target.closest("[data-send-at]");
    if (preset && form) send(preset.dataset.sendAt);
    const picked = event.target.closest("[data-send-picked]");
    if (!picked || !form) return;
    const field = picked.closest("[data-later-form]").querySelector("[data-send-pick]");
    if (field.value && field.reportValidity()) send(field.value);
    else {
      event.stopPropagation();
      field.focus();
      field.showPicker?.();
    }
  },
  true,
);

// What was not taken for later must not be sent later by the next press of the other button.
function forget(event) {
  const { ctx } = event.detail;
  const hidden = ctx?.sourceElement?.elements?.send_at;
  if (hidden?.type === "hidden" && (!ctx.response || ctx.response.status >= 400)) hidden.value = "";
}
document.addEventListener("htmx:after:request", forget);
document.addEventListener("htmx:error", forget);
