// The fields of a kind in a composer: options that grow, names and zones to choose from, questions asked before.
import { complete } from "./complete.js";
import { ask } from "./net.js";

const MOST = 10;
const boxes = (form) => form.querySelectorAll("[data-kind-fields] :is(input, select)");
const kindOf = (form) => form.elements.kind?.value ?? "";

// By the names of the fields, as they are sent.
export function kindFields(form) {
  const found = {};
  for (const box of boxes(form)) {
    if (box.type === "checkbox" ? !box.checked : !box.value || box.value === box.defaultValue) continue;
    found[box.name] ??= [];
    found[box.name].push(box.value);
  }
  return found;
}

export function restoreKindFields(form, fields = {}) {
  const left = structuredClone(fields);
  for (const box of boxes(form)) {
    if (!left[box.name]?.length) continue;
    if (box.type === "checkbox") box.checked = true;
    else if (box.matches("select")) box.dataset.chosen = left[box.name].shift();
    else box.value = left[box.name].shift();
    grow(box);
  }
  changed(form);
}

export function clearKindFields(form) {
  for (const box of boxes(form)) {
    if (box.type === "checkbox") box.checked = false;
    else if (box.matches("select")) box.selectedIndex = 0;
    else box.value = box.name === "zone" ? box.defaultValue : "";
  }
  form.querySelector("[data-similar]")?.replaceChildren();
}

// The last option brings the next one with it.
function grow(box) {
  const list = box.closest("[data-options]");
  if (!list || !box.value || box.readOnly) return;
  const all = list.querySelectorAll('input[name="options"]');
  if (box !== all[all.length - 1] || all.length >= MOST) return;
  const next = box.cloneNode();
  next.value = "";
  next.id = box.id.replace(/\d+$/, String(all.length));
  next.setAttribute("aria-label", box.getAttribute("aria-label").replace(/\d+/, String(all.length + 1)));
  for (const name of ["aria-invalid", "aria-describedby", "value"]) next.removeAttribute(name);
  box.after(next);
}

async function fragment(url) {
  const template = document.createElement("template");
  try {
    const response = await ask(url);
    if (response.ok) template.innerHTML = await response.text();
  } catch {
    // What is only an offer may be missing.
  }
  return template.content;
}

async function offerDecisions(form) {
  const select = form.querySelector("[data-supersedes]");
  const channel = form.elements.channel_id?.value ?? form.getAttribute("action").match(/^\/channels\/(\d+)\//)?.[1];
  if (!select || !channel || select.dataset.channel === channel) return;
  select.dataset.channel = channel;
  const choices = await fragment(`/channels/${channel}/decisions`);
  if (!choices.childElementCount) return;
  select.replaceChildren(choices);
  select.value = select.dataset.chosen || "";
}

async function offerZones(field) {
  if (document.getElementById("zones")) return;
  const list = await fragment("/zones");
  if (!document.getElementById("zones")) document.body.append(list);
  field.setAttribute("list", "zones");
}

function changed(form) {
  if (kindOf(form) === "decision") offerDecisions(form);
}

// An hour is what most take; who has said more is left alone.
function proposeEnd(form) {
  const { starts_at: starts, ends_at: ends } = form.elements;
  if (!starts?.value || ends.value) return;
  const end = new Date(`${starts.value}Z`);
  end.setUTCHours(end.getUTCHours() + 1);
  ends.value = end.toISOString().slice(0, 16);
}

function similar(form) {
  const place = form.querySelector("[data-similar]");
  const title = form.elements.title;
  if (!place || !title) return;
  let timer = 0;
  let asked = "";
  const look = async () => {
    const words = title.value.trim();
    if (kindOf(form) !== "question" || words === asked) return;
    asked = words;
    if (words.length < 8) {
      place.replaceChildren();
      return;
    }
    const found = await fragment(`/questions/similar?q=${encodeURIComponent(words)}`);
    if (asked === words) place.replaceChildren(found);
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 300);
  });
}

export function enhanceKinds(form) {
  if (!form.querySelector("[data-kind-fields]")) return;
  form.addEventListener("input", ({ target }) => grow(target));
  form.addEventListener("change", ({ target }) => {
    if (["kind", "channel_id"].includes(target.name)) changed(form);
    if (target.name === "starts_at") proposeEnd(form);
  });
  const people = form.querySelector("[data-people-field]");
  if (people) complete(people);
  form.querySelector("[data-zone-field]")?.addEventListener("focus", ({ target }) => offerZones(target), { once: true });
  similar(form);
  if (!form.hasAttribute("data-editing")) changed(form);
}
