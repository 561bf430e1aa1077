// Small states of this device: how far rows are scrolled, what is switched off.
for (const box of document.querySelectorAll("[data-keep-scroll]")) {
  const key = `scroll:${box.dataset.keepScroll}`;
  box.scrollTop = Number(sessionStorage.getItem(key) ?? 0);
  addEventListener("pagehide", () => sessionStorage.setItem(key, String(box.scrollTop)));
}

// A row of places that is wider than the screen begins where the reader is.
for (const place of document.querySelectorAll(":is(.settings__nav, .tabs, .filters) [aria-current]")) {
  const row = place.closest("ul, nav");
  const [box, own] = [row.getBoundingClientRect(), place.getBoundingClientRect()];
  row.scrollBy({ left: (own.left + own.right - box.left - box.right) / 2, behavior: "instant" });
}

for (const [selector, key] of [
  ["[data-keys-switch]", "keys"],
  ["[data-live-switch]", "live"],
]) {
  for (const box of document.querySelectorAll(selector)) {
    box.checked = localStorage.getItem(key) !== "off";
    box.addEventListener("change", () => {
      if (box.checked) localStorage.removeItem(key);
      else localStorage.setItem(key, "off");
      for (const twin of document.querySelectorAll(selector)) twin.checked = box.checked;
    });
  }
}
