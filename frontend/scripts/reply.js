// Writing to a customer: every word is kept on this device until the server has it, and nothing leaves by a slip.
import { onArrive } from "./arrive.js";
import { claim } from "./customers.js";
import { refused } from "./net.js";
import { upsert } from "./parts.js";
import { attach, restoreFiles } from "./upload.js";
import { say, tell } from "./words.js";

const RENEW = 60_000;
const known = new Set();
const enhanced = new WeakSet();
const claimed = new Map();

const key = (form) => `reply:${form.dataset.reply}`;
const field = (form) => form.querySelector('textarea[name="body"]');
const NAMES = ["body", "cc", "to", "subject", "source_id"];

function keep(form) {
  const draft = { client: form.elements.client_id.value, files: [...form.querySelectorAll("[data-upload]")].map((file) => file.outerHTML) };
  for (const name of NAMES) draft[name] = form.elements[name]?.value ?? "";
  if (draft.body || draft.cc || draft.to || draft.files.length) localStorage.setItem(key(form), JSON.stringify(draft));
  else localStorage.removeItem(key(form));
}

function stored(form) {
  try {
    return JSON.parse(localStorage.getItem(key(form))) ?? {};
  } catch {
    return {};
  }
}

// A form that came back with a refusal is a new attempt; one that came with the page may be an old one whose answer was lost.
function restore(form) {
  const draft = known.has(form.dataset.reply) ? {} : stored(form);
  for (const name of NAMES) {
    const input = form.elements[name];
    if (!input || !draft[name] || (name !== "source_id" && input.value)) continue;
    if (input.matches("select") && !input.querySelector(`[value="${CSS.escape(draft[name])}"]`)) continue;
    input.value = draft[name];
  }
  if (draft.cc) form.querySelector(".reply__cc").open = true;
  form.elements.client_id.value = draft.client || crypto.randomUUID();
  restoreFiles(form, draft.files ?? []);
  known.add(form.dataset.reply);
}

function clear(form) {
  localStorage.removeItem(key(form));
  for (const name of ["body", "cc"]) if (form.elements[name]) form.elements[name].value = "";
  form.elements.client_id.value = crypto.randomUUID();
  form.querySelector(".composer__files")?.replaceChildren();
  form.querySelector(".reply__news")?.remove();
  form.querySelector(".composer__note")?.replaceChildren();
  for (const error of form.querySelectorAll(".error")) error.remove();
  for (const wrong of form.querySelectorAll('[aria-invalid="true"]')) wrong.removeAttribute("aria-invalid");
  settle(form);
}

// Files need a second step: the box must be ticked, and only while there are files.
function settle(form) {
  const confirm = form.elements.confirm;
  if (confirm) {
    confirm.required = form.querySelector("[data-upload], [data-uploading]") !== null;
    if (!confirm.required) confirm.checked = false;
  }
  const text = field(form);
  if (CSS.supports("field-sizing", "content")) return;
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
}

async function renew(form) {
  const id = form.dataset.reply;
  if (id === "new" || !field(form).value.trim() || Date.now() - (claimed.get(id) ?? 0) < RENEW) return;
  claimed.set(id, Date.now());
  const response = await claim(id);
  if (response?.ok) return;
  claimed.delete(id);
  if (response) refused(response.status, response.headers);
}

export function enhance(form) {
  if (enhanced.has(form)) return;
  enhanced.add(form);
  for (const part of form.querySelectorAll("[data-needs-script]")) part.hidden = false;
  restore(form);
  settle(form);
  const changed = () => {
    settle(form);
    keep(form);
  };
  form.addEventListener("input", () => {
    changed();
    renew(form);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  if (form.querySelector("[data-composer-files]")) attach(form, changed);
  form.querySelector("[data-focus]")?.focus({ preventScroll: true });
}

document.addEventListener("htmx:config:request", (event) => {
  const form = event.detail.ctx.sourceElement;
  if (!form.matches("[data-reply]") || !form.querySelector("[data-uploading]")) return;
  event.preventDefault();
  form.querySelector(".composer__note").textContent = say("uploading");
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement;
  if (!form.matches?.("[data-reply]") || ctx.response.status >= 300) return;
  clear(form);
  if (!ctx.text?.trim()) return;
  for (const draft of document.querySelectorAll(".letter--draft[data-mine]")) draft.remove();
  const letter = upsert(ctx.text, document.querySelector(`[data-flow="${CSS.escape(form.dataset.reply)}"]`), "end");
  letter?.scrollIntoView({ block: "nearest" });
  tell(form.getAttribute("aria-label"));
});

// What arrives while nothing is written counts as read; while something is, the writer is told and sending asks again.
onArrive("[data-flow] > [data-message][data-in]", (letter) => {
  const form = document.querySelector(`[data-reply="${CSS.escape(letter.parentElement.dataset.flow)}"]`);
  const expected = form?.elements.expected_last_message;
  if (!expected || Number(letter.dataset.message) <= Number(expected.value)) return;
  if (field(form).value.trim()) form.querySelector(".composer__note").textContent = say("new_message");
  else expected.value = letter.dataset.message;
});

document.addEventListener("parley:keep", () => {
  for (const form of document.querySelectorAll("[data-reply]")) if (enhanced.has(form)) keep(form);
});
