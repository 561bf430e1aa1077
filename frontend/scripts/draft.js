// What is written is kept on the server as well, so that it is there on every device; nothing is overwritten unseen.
import { onArrive } from "./arrive.js";
import { ask } from "./net.js";
import { say } from "./words.js";

const SHARED = /^(home|(channel|post|conversation|kept):\d+)$/;
const PAUSE = 1500;
const forms = new Map();
const kept = JSON.parse(document.querySelector('meta[name="parley-drafts"]')?.content ?? "{}");
const otherKey = (place) => `other:${place}`;

function device() {
  const known = localStorage.getItem("device") ?? crypto.randomUUID();
  localStorage.setItem("device", known);
  return known;
}

const content = ({ body, title, kind, channel, fields, ids }) => JSON.stringify([body, title, kind, channel, fields, ids]);
const empty = ({ body, title, ids }) => !(body.trim() || title.trim() || ids.length);

const path = (place) => `/api/v1/drafts/${place}`;

function remembered(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

class Draft {
  constructor(form, { read, fill }) {
    this.form = form;
    this.place = form.dataset.composer;
    this.read = read;
    this.fill = fill;
    this.base = 0;
    this.clean = true;
    this.timer = 0;
    this.last = "";
  }

  marker() {
    return this.form.querySelector("[data-draft-of]");
  }

  // `local` is the copy of this device, if there is one; the page says which version the server has.
  async begin(local) {
    this.base = local?.base ?? 0;
    this.clean = local ? Boolean(local.clean) : true;
    this.last = content(this.read(this.form));
    this.note();
    this.showOther();
    await this.compare();
  }

  async compare() {
    const { version: marked = 0, device: told } = this.marker()?.dataset ?? {};
    const version = told === undefined ? Number(marked) || kept[this.place] || 0 : Number(marked);
    if (version === this.base) {
      if (!this.clean) this.soon();
      return;
    }
    // Asked for in either case: the page may be older than the last save, which was still on its way when it was made.
    const found = await this.fetch();
    if (found) this.meet(found);
    else if (found === undefined) this.gone();
  }

  // Published or let go of elsewhere. What was typed here since then stays.
  gone() {
    this.base = 0;
    if (!this.clean) {
      this.note();
      this.soon();
      return;
    }
    if (!empty(this.read(this.form))) this.fill(this.form, null);
    this.settle();
  }

  // Nothing (undefined) when nothing is kept there, null when that cannot be known now.
  async fetch() {
    const response = await ask(path(this.place)).catch(() => null);
    if (response?.status === 404) return undefined;
    if (!response?.ok) return null;
    const { attachments, channel_id: channel, fields, written_at: at, ...more } = await response.json();
    const { client_id: client = "", ...own } = fields;
    return { ...more, at, client, fields: own, channel: channel ? String(channel) : "", ids: attachments.map((file) => file.id) };
  }

  // Something else is kept there: taken over where nothing is lost by it, shown beside what stands here otherwise.
  meet(kept) {
    const mine = this.read(this.form);
    const typing = this.form.contains(document.activeElement) && !this.clean;
    if (content(mine) === content({ ...kept, channel: mine.channel }) || ((this.clean || empty(mine)) && !typing)) {
      if (content(mine) !== content({ ...kept, channel: mine.channel })) this.fill(this.form, kept);
      this.base = kept.version;
      this.settle();
      return;
    }
    localStorage.setItem(otherKey(this.place), JSON.stringify(kept));
    this.showOther();
  }

  // What stands in the form is what the server has.
  settle() {
    this.clean = true;
    this.last = content(this.read(this.form));
    this.note();
  }

  note() {
    if (this.form.elements.draft_version) this.form.elements.draft_version.value = this.base || "";
    if (this.form.elements.device) this.form.elements.device.value = device();
  }

  showOther() {
    const other = remembered(otherKey(this.place));
    let bar = this.form.querySelector(".composer__other");
    if (!other) {
      bar?.remove();
      return;
    }
    if (!bar) {
      bar = document.getElementById("other-template").content.firstElementChild.cloneNode(true);
      bar.querySelector("[data-other-show]").addEventListener("click", () => this.swap());
      bar.querySelector("[data-other-drop]").addEventListener("click", () => this.dropOther());
      this.form.querySelector(".composer__box").prepend(bar);
      this.form.setAttribute("data-open", "");
    }
    const time = bar.querySelector("time");
    time.setAttribute("datetime", other.at);
    time.textContent = new Date(other.at).toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
    bar.querySelector("q").textContent = (other.title || other.body).slice(0, 80);
  }

  swap() {
    const other = remembered(otherKey(this.place));
    const mine = this.read(this.form);
    this.fill(this.form, other);
    if (empty(mine)) localStorage.removeItem(otherKey(this.place));
    else localStorage.setItem(otherKey(this.place), JSON.stringify({ ...mine, at: new Date().toISOString(), version: 0 }));
    this.base = Math.max(this.base, other.version);
    this.clean = false;
    this.showOther();
    this.soon();
  }

  dropOther() {
    const other = remembered(otherKey(this.place));
    this.base = Math.max(this.base, other?.version ?? 0);
    localStorage.removeItem(otherKey(this.place));
    this.showOther();
    this.clean = false;
    this.soon();
    this.form.querySelector("textarea").focus();
  }

  changed() {
    if (content(this.read(this.form)) === this.last) return;
    this.clean = false;
    this.soon();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  // Two texts that differ wait for the writer's word; everything else that goes wrong is tried again with the next key.
  async save(last = false) {
    clearTimeout(this.timer);
    if (this.clean || this.waits() || this.form.hasAttribute("aria-busy") || (this.flight && !last)) return;
    const written = this.read(this.form);
    const sent = content(written);
    const json = {
      body: written.body,
      title: written.title,
      kind: written.kind ?? "",
      channel_id: Number(written.channel) || null,
      fields: written.fields,
      attachments: written.ids,
      client_id: written.client || null,
      base: this.base,
      device: device(),
    };
    this.flight = true;
    const response = await ask(path(this.place), { json, method: "PUT", keepalive: last }).catch(() => null);
    this.flight = false;
    const answer = await response?.json().catch(() => null);
    if (response?.ok) {
      this.base = answer?.version ?? 0;
      this.clean = content(this.read(this.form)) === sent;
      if (this.clean) this.settle();
      else this.soon();
      this.note();
      this.tell(this.base ? say("draft_saved") : "");
      this.stored?.();
    } else if (answer?.code === "draft_differs") {
      const kept = await this.fetch();
      if (kept) this.meet(kept);
    } else this.tell(answer?.code === "invalid" || answer?.code === "too_many_drafts" ? answer.detail : say("draft_here"));
  }

  waits() {
    return (remembered(otherKey(this.place))?.version ?? 0) > this.base;
  }

  tell(words) {
    const line = this.form.querySelector(".composer__kept");
    if (line) line.textContent = words;
  }

  // After publishing: the server let go of it in the same moment.
  published() {
    clearTimeout(this.timer);
    this.base = 0;
    this.settle();
    this.tell("");
    this.showOther();
  }
}

export function share(form, ways) {
  if (!SHARED.test(form.dataset.composer)) return null;
  const draft = new Draft(form, ways);
  forms.set(form, draft);
  form.addEventListener("focusout", () => draft.save());
  return draft;
}

export const draftOf = (form) => forms.get(form);

onArrive("[data-draft-of]", (marker) => {
  const draft = forms.get(marker.closest("form"));
  if (draft && marker.dataset.device !== device()) draft.compare();
});

addEventListener("pagehide", () => {
  for (const [form, draft] of forms) if (form.isConnected) draft.save(true);
});
