// Lists of customers: what somebody else has taken goes, and the numbers beside them follow.
import { onArrive } from "./arrive.js";
import { ask } from "./net.js";
import { setCount, upsert } from "./parts.js";
import { viewer } from "./words.js";

const TELLS = /^(message\.|conversation\.changed$|reply\.changed$)/;
const counted = document.querySelector('.rail [data-unread="customers"]');
let due = 0;

// Renewed rows: one's own claim stays where it was made until the next load.
onArrive('[data-queue^="unclaimed"] > [data-claimed-by]', (row) => {
  const by = row.dataset.claimedBy;
  if (by && by !== viewer && "ready" in document.documentElement.dataset) row.remove();
});

async function renew() {
  due = 0;
  const channel = document.querySelector("[data-queue*=':']")?.dataset.queue.split(":")[1];
  const response = await ask(`/customers/numbers${channel ? `?channel=${channel}` : ""}`).catch(() => null);
  if (!response?.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const number of fresh.querySelectorAll("[data-unread]")) {
    for (const shown of document.querySelectorAll(`[data-unread="${number.dataset.unread}"]`)) setCount(shown, Number(number.textContent));
  }
  for (const part of fresh.querySelectorAll("[id]")) upsert(part.outerHTML);
}

// Many hear of one mail at the same moment: they ask over a few seconds, and once for all that came meanwhile.
document.addEventListener("parley:event", ({ detail }) => {
  if (counted && !due && TELLS.test(detail.event)) due = setTimeout(renew, 300 + Math.random() * 2000);
});
