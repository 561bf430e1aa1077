// Writing: opens when somebody starts, keeps every draft until the server has it, sends with Ctrl+Enter.
import "@github/markdown-toolbar-element";
import { complete } from "./complete.js";
import { draftOf, share } from "./draft.js";
import { clearKindFields, enhanceKinds, kindFields, restoreKindFields } from "./kindform.js";
import "./later.js";
import { tryAsk } from "./net.js";
import { upsert } from "./parts.js";
import { attach, fetchFiles, restoreFiles } from "./upload.js";
import { say, tell } from "./words.js";

const LAST = "composer:channel";
const enhanced = new WeakSet();
const key = (form) => `draft:${form.dataset.composer}`;
const body = (form) => form.querySelector('textarea[name="body"]');

function fields(form) {
  const written = {};
  for (const name of ["body", "title"]) written[name] = form.elements[name]?.value ?? "";
  written.kind = form.elements.kind?.value;
  written.channel = form.elements.channel_id?.value;
  written.client = form.elements.client_id?.value;
  written.ids = [...form.querySelectorAll("[data-upload]")].map((file) => Number(file.dataset.upload));
  written.fields = kindFields(form);
  written.files = [...form.querySelectorAll("[data-upload]")].map((file) => file.outerHTML);
  return written;
}

function keep(form) {
  const draft = draftOf(form);
  const written = { ...fields(form), base: draft?.base, clean: draft?.clean };
  if (written.body || written.title || written.files.length || Object.keys(written.fields).length)
    localStorage.setItem(key(form), JSON.stringify(written));
  else localStorage.removeItem(key(form));
}

function stored(form) {
  try {
    return JSON.parse(localStorage.getItem(key(form)));
  } catch {
    return null;
  }
}

// Home offers the channel that was posted in last.
function choose(form, channel) {
  const offered = form.elements.channel_id;
  if (channel && offered?.querySelector(`[value="${CSS.escape(channel)}"]`)) offered.value = channel;
}

function restore(form) {
  const draft = stored(form);
  if (form.elements.client_id) form.elements.client_id.value = draft?.client || crypto.randomUUID();
  choose(form, draft?.channel ?? localStorage.getItem(LAST));
  if (!draft) return null;
  const editing = form.hasAttribute("data-editing");
  if (editing || !body(form).value) body(form).value = draft.body;
  if (form.elements.title && (editing || !form.elements.title.value)) form.elements.title.value = draft.title;
  if (draft.kind && form.elements.kind) form.elements.kind.value = draft.kind;
  restoreKindFields(form, draft.fields);
  restoreFiles(form, draft.files ?? []);
  return draft;
}

// What another device has written, in place of what stands here; null empties the form.
function fill(form, draft) {
  empty(form);
  if (draft) {
    form.elements.client_id.value = draft.client || crypto.randomUUID();
    choose(form, draft.channel);
    body(form).value = draft.body;
    if (form.elements.title) form.elements.title.value = draft.title;
    if (draft.kind && form.elements.kind) form.elements.kind.value = draft.kind;
    restoreKindFields(form, draft.fields);
    if (draft.files) restoreFiles(form, draft.files);
    else if (draft.ids.length) fetchFiles(form, draft.ids, () => keep(form));
    form.setAttribute("data-open", "");
  }
  fit(body(form));
  keep(form);
}

// After the server has it: an empty form with a new identity, so that the next text is another post.
function clear(form) {
  localStorage.removeItem(key(form));
  if (form.elements.channel_id) localStorage.setItem(LAST, form.elements.channel_id.value);
  empty(form);
  draftOf(form)?.published();
  if (!form.classList.contains("composer--thread")) {
    form.removeAttribute("data-open");
    body(form).blur();
  }
}

function empty(form) {
  body(form).value = "";
  if (form.elements.title) form.elements.title.value = "";
  clearKindFields(form);
  const first = form.querySelector('[name="kind"]');
  if (first) first.checked = true;
  form.elements.client_id.value = crypto.randomUUID();
  form.querySelector(".composer__files").replaceChildren();
  for (const error of form.querySelectorAll(".error")) error.remove();
  for (const field of form.querySelectorAll('[aria-invalid="true"]')) field.removeAttribute("aria-invalid");
  if (form.elements.send_at) form.elements.send_at.value = "";
  preview(form, false);
  fit(body(form));
}

function fit(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

async function preview(form, on) {
  const button = form.querySelector("[data-composer-preview]");
  const pane = form.querySelector(".composer__preview");
  if (!button || !pane) return;
  button.setAttribute("aria-pressed", String(on));
  pane.hidden = !on;
  if (!on) return;
  const response = await tryAsk("/preview", { fields: { body: body(form).value } });
  if (response) pane.innerHTML = await response.text();
}

export function enhance(form) {
  if (enhanced.has(form)) return;
  enhanced.add(form);
  form.dataset.writing = "";
  for (const part of form.querySelectorAll("[data-needs-script]")) part.hidden = false;
  const local = restore(form);
  const draft = share(form, { read: fields, fill });
  if (draft) draft.stored = () => keep(form);
  draft?.begin(local);
  const field = body(form);
  const open = () => form.setAttribute("data-open", "");
  if (field.value || form.hasAttribute("data-editing") || form.contains(document.activeElement)) open();
  fit(field);
  form.addEventListener("focusin", open);
  form.addEventListener("input", () => {
    fit(field);
    draft?.changed();
    keep(form);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form
    .querySelector("[data-composer-preview]")
    ?.addEventListener("click", (event) => preview(form, event.currentTarget.getAttribute("aria-pressed") !== "true"));
  form.querySelector("[data-composer-mention]")?.addEventListener("click", () => {
    field.focus();
    const before = field.value.slice(0, field.selectionStart);
    field.setRangeText(`${before && !/\s$/.test(before) ? " " : ""}@`, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.querySelector("[data-edit-cancel]")?.addEventListener("click", (event) => {
    const place = form.closest("[data-stays]");
    if (!place) return;
    event.preventDefault();
    localStorage.removeItem(key(form));
    place.replaceChildren();
    place.closest(".post, .comment")?.focus();
  });
  complete(field);
  enhanceKinds(form);
  if (form.querySelector("[data-composer-files]"))
    attach(form, () => {
      draft?.changed();
      keep(form);
    });
  if (form.hasAttribute("data-editing")) field.focus();
}

document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement;
  if (!form.matches("[data-composer]")) return;
  if (form.querySelector("[data-uploading]")) {
    event.preventDefault();
    form.querySelector(".composer__note").textContent = say("uploading");
    return;
  }
  const channel = form.elements.channel_id?.value;
  if (channel && !form.dataset.composer.startsWith("scheduled:")) ctx.request.action = `/channels/${channel}/posts`;
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement;
  if (!form.matches?.("[data-composer]") || ctx.response.status >= 300) return;
  if (form.hasAttribute("data-editing")) {
    localStorage.removeItem(key(form));
    form.closest("[data-stays]")?.replaceChildren();
    return;
  }
  const target = document.querySelector(form.getAttribute("hx-target"));
  const thread = form.classList.contains("composer--thread");
  const made = ctx.text.trim() && upsert(ctx.text, target, thread ? "end" : "start");
  clear(form);
  if (made && thread) made.scrollIntoView({ block: "nearest" });
  else if (made && made.getBoundingClientRect().top < 0) form.scrollIntoView();
  tell(form.getAttribute("aria-label"));
});

document.addEventListener("parley:keep", () => {
  for (const form of document.querySelectorAll("[data-composer]")) if (enhanced.has(form)) keep(form);
});
