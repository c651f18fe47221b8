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
    if (box) { box.focus(); box.select(); } else location.assign("/search");
  } else if (event.key === "?") { location.assign("/keyboard"); }
});

// Rows that are gone through with j and k, and acted on with the keys of their buttons. The focus
// goes to the row, or to its link where the row takes none.
function overRows(event) {
  const rows = [...document.querySelectorAll("[data-rows] > tbody > tr, ol[data-rows] > li")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  if (!rows.length) return false;
  if (event.key === "j" || event.key === "k") {
    const row = rows[at < 0 ? 0 : at + (event.key === "j" ? 1 : -1)];
    const to = row && (row.tabIndex === -1 && row.hasAttribute("tabindex") ? row : row.querySelector("a"));
    if (to) { to.focus(); row.scrollIntoView({ block: "nearest" }); }
    return true;
  }
  const button = rows[Math.max(at, 0)].querySelector(`[data-row-key="${CSS.escape(event.key)}"]`);
  if (button) { event.preventDefault(); button.click(); }
  return Boolean(button);
}

// Bars over time: one stop of Tab, arrow keys from bar to bar.
for (const drawing of document.querySelectorAll("[data-bars]")) {
  const bars = [...drawing.querySelectorAll("a")];
  drawing.addEventListener("keydown", (event) => {
    const at = bars.indexOf(document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 }[event.key];
    if (at < 0 || to === undefined || !bars[to]) return;
    event.preventDefault();
    bars[at].setAttribute("tabindex", "-1");
    bars[to].setAttribute("tabindex", "0");
    bars[to].focus();
  });
}

// A query that is wrong: the cursor stands where it is wrong.
const wrong = document.querySelector("input[data-column]");
if (wrong) { wrong.focus(); wrong.setSelectionRange(wrong.dataset.column - 1, wrong.dataset.column); }

// A search that takes longer says that it is under way.
for (const form of document.querySelectorAll("form[data-slow]")) {
  const says = form.querySelector(".slow");
  form.addEventListener("submit", () => setTimeout(() => { says.textContent = form.dataset.slow; says.hidden = false; }, 600));
  window.addEventListener("pageshow", () => { says.hidden = true; });
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
