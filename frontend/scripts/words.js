// The sentences stand in the page, in the reader's language.
const words = new Map();

export function say(name, values = {}) {
  if (!words.size) {
    for (const term of document.querySelectorAll("#words dt")) words.set(term.textContent, term.nextElementSibling.textContent);
  }
  let sentence = words.get(name) ?? "";
  for (const [key, value] of Object.entries(values)) sentence = sentence.replaceAll(`{${key}}`, value);
  return sentence;
}

export const viewer = document.querySelector('meta[name="parley-viewer"]')?.content ?? "";

export function tell(sentence) {
  const line = document.getElementById("status");
  if (line) line.textContent = sentence;
}
