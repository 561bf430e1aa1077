// Who else looks at a conversation, and who writes, where and to whom.
import { say, viewer } from "./words.js";

export function show(presence) {
  for (const box of document.querySelectorAll(`[data-presence="${CSS.escape(presence.topic)}"]`)) {
    const others = presence.people.filter((person) => String(person.id) !== viewer);
    const only = box.dataset.presenceOnly?.split(" ");
    const wanted = only ? others.filter((person) => only.includes(person.doing)) : others;
    box.replaceChildren(...(wanted.length ? [faces(wanted), words(wanted)] : []));
    box.hidden = !wanted.length;
  }
}

function faces(people) {
  const group = document.createElement("span");
  group.className = "faces";
  for (const person of people.slice(0, 4)) {
    const face = document.createElement("span");
    face.className = `avatar avatar--xs${person.doing === "viewing" ? "" : " avatar--writing"}`;
    face.dataset.hue = person.hue;
    const letters = document.createElement("span");
    letters.setAttribute("aria-hidden", "true");
    letters.textContent = person.initials;
    face.append(letters);
    group.append(face);
  }
  return group;
}

function words(people) {
  const line = document.createElement("span");
  const busy = people.find((person) => person.doing === "replying") ?? people.find((person) => person.doing === "discussing");
  const person = busy ?? people[0];
  const rest = people.length > 1 ? ` +${people.length - 1}` : "";
  line.dir = "auto";
  line.textContent = `${person.name}${rest} ${say(person.doing)}`;
  return line;
}
