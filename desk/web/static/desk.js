// What the desk adds for those who run scripts: keys, live progress, covering again.
// Every act works without it. It reads nothing but this page and sends nothing anywhere.
"use strict";

const typing = (element) =>
  element && (element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape") {
    const again = document.getElementById("cover-again");
    if (again) { event.preventDefault(); coverAgain(); }
    return;
  }
  if (typing(document.activeElement) && !["radio", "checkbox"].includes(document.activeElement.type)) return;
  if (overRows(event)) return;
  const press = document.querySelector(`[data-press="${CSS.escape(event.key)}"]`);
  const focus = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (press) { event.preventDefault(); press.click(); }
  else if (focus) {
    event.preventDefault();
    focus.focus();
    if (focus.type === "radio") focus.checked = true;
    focus.scrollIntoView({ block: "center" });
  } else if (event.key === "/") {
    event.preventDefault();
    const box = document.getElementById("q");
    if (box) box.focus(); else location.assign("/search");
  } else if (event.key === "?") { location.assign("/keyboard"); }
});

// Rows that are gone through with j and k, and acted on with the keys of their buttons.
function overRows(event) {
  const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
  const at = rows.indexOf(document.activeElement && document.activeElement.closest("[data-rows] tbody tr"));
  if (!rows.length) return false;
  if (event.key === "j" || event.key === "k") {
    const to = rows[at < 0 ? 0 : at + (event.key === "j" ? 1 : -1)];
    if (to) { to.focus(); to.scrollIntoView({ block: "nearest" }); }
    return true;
  }
  const button = rows[Math.max(at, 0)].querySelector(`[data-row-key="${CSS.escape(event.key)}"]`);
  if (button) { event.preventDefault(); button.click(); }
  return Boolean(button);
}

// A revealed picture covers itself when the page is left, hidden or out of focus.
function coverAgain() {
  const seen = document.getElementById("revealed");
  if (!seen) return;
  const to = seen.dataset.cover;
  seen.removeAttribute("src");
  seen.remove();
  location.replace(to);
}
if (document.getElementById("revealed")) {
  window.addEventListener("blur", coverAgain);
  window.addEventListener("pagehide", () => { const seen = document.getElementById("revealed"); if (seen) seen.remove(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) coverAgain(); });
}

// Live progress of a job, by server-sent events.
const live = document.querySelector("[data-events]");
if (live && window.EventSource) {
  const line = document.getElementById("progress-line");
  const list = document.getElementById("progress-list");
  const source = new EventSource(live.dataset.events);
  let count = 0;
  source.addEventListener("sealed", (event) => {
    const told = JSON.parse(event.data);
    count += 1;
    line.textContent = `${count} captured.`;
    const item = document.createElement("li");
    item.textContent = `${told.outcome}: ${told.url}`;
    list.prepend(item);
    while (list.children.length > 50) list.lastChild.remove();
  });
  source.addEventListener("stopping", () => { line.textContent = "Stopping: what is under way is sealed."; });
  source.addEventListener("over", () => { source.close(); location.reload(); });
}
