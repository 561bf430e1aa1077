// Files go up while the text is still being written: chosen, dropped or pasted, with progress, each can be cancelled.
import { tryAsk } from "./net.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const MOST = 10;
const LARGEST = 25 * 1024 * 1024;

const list = (form) => form.querySelector(".composer__files");

function put(form, html) {
  const item = document.createElement("li");
  item.innerHTML = html;
  list(form).append(item);
  return item;
}

export function restoreFiles(form, htmls) {
  if (!list(form) || list(form).childElementCount) return;
  for (const html of htmls) put(form, html);
}

// Of a draft from another device only the numbers of the files are known here.
export async function fetchFiles(form, ids, done) {
  const response = await tryAsk(`/uploads?ids=${ids.join()}`);
  if (!response) return;
  list(form).innerHTML = await response.text();
  done();
}

function row(form, file) {
  const item = document.createElement("li");
  const upload = document.createElement("span");
  upload.className = "upload";
  upload.setAttribute("data-uploading", "");
  const name = document.createElement("span");
  name.className = "upload__name";
  name.dir = "auto";
  name.textContent = file.name;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  const stop = document.createElement("button");
  stop.type = "button";
  stop.className = "tool";
  stop.textContent = "×";
  stop.setAttribute("aria-label", `${say("cancel")} ${file.name}`);
  upload.append(name, stop, bar);
  item.append(upload);
  list(form).append(item);
  return { item, upload, bar, stop };
}

function start(form, file, changed) {
  const parts = row(form, file);
  const request = new XMLHttpRequest();
  parts.stop.addEventListener("click", () => {
    request.abort();
    parts.item.remove();
    changed();
  });
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) parts.bar.value = event.loaded / event.total;
  });
  request.addEventListener("load", () => {
    if (request.status === 201 || request.status === 200) {
      parts.item.innerHTML = request.responseText;
      form.querySelector(".composer__note").textContent = "";
      changed();
    } else failed(decodeURIComponent(request.getResponseHeader("X-Parley-Error") ?? ""));
  });
  request.addEventListener("error", () => failed(""));
  request.open("POST", "/files");
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("X-CSRF-Token", document.querySelector('meta[name="csrf-token"]').content);
  const data = new FormData();
  data.append("file", file);
  request.send(data);

  function failed(sentence) {
    parts.upload.removeAttribute("data-uploading");
    parts.upload.classList.add("upload--failed");
    const again = document.createElement("button");
    again.type = "button";
    again.className = "tool tool--words";
    again.textContent = say("retry");
    again.addEventListener("click", () => {
      parts.item.remove();
      start(form, file, changed);
    });
    parts.bar.replaceWith(again);
    toast(sentence || `${file.name}: ${say("upload_failed")}`);
  }
}

export function attach(form, changed) {
  const take = (files) => {
    for (const file of files) {
      if (list(form).childElementCount >= MOST) {
        toast(say("too_many"));
        return;
      }
      if (file.size > LARGEST) toast(`${file.name}: ${say("too_large")}`);
      else start(form, file, changed);
    }
    form.setAttribute("data-open", "");
  };
  const input = form.querySelector("[data-composer-files]");
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  form.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      form.classList.toggle("composer--over", name === "dragover");
      if (name === "drop") take(event.dataTransfer.files);
    });
  }
  form.addEventListener("change", (event) => {
    const { alt } = event.target.dataset;
    if (!alt) return;
    event.target.setAttribute("value", event.target.value);
    tryAsk(`/files/${alt}/alt`, { fields: { alt: event.target.value } });
    changed();
  });
  form.addEventListener("click", (event) => {
    const earlier = event.target.closest("[data-upload-earlier]");
    if (earlier) {
      const item = earlier.closest("li");
      item.previousElementSibling?.before(item);
      earlier.focus();
      changed();
    }
    if (!event.target.closest("[data-upload-remove]")) return;
    event.target.closest("li").remove();
    changed();
    form.querySelector("textarea").focus();
  });
}
