// The queue of drafts by keyboard. Progressive enhancement only: every link and form works without it.
"use strict";

const EDITABLE = "input, textarea, select, [contenteditable]";

function openDetails(details) {
  details.open = true;
  const field = details.querySelector("textarea, input:not([type=hidden])");
  field.focus();
  if (field.setSelectionRange) field.setSelectionRange(field.value.length, field.value.length);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const inField = event.target.closest(EDITABLE);
  if (event.key === "Escape" && inField) {
    inField.blur();
    return;
  }
  if (inField || event.repeat) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target instanceof HTMLDetailsElement) openDetails(target);
  else target.click();
});

// What was just done, and its undo, followed while something moves.
const recent = document.getElementById("recent");
const EVERY = 1000;

async function follow() {
  const moving = recent.querySelector(".recent")?.dataset.moving === "yes";
  if (!moving) return;
  try {
    const answer = document.hidden ? null : await fetch(recent.dataset.from, { cache: "no-store" });
    const html = answer?.ok ? await answer.text() : null;
    if (html !== null && !recent.contains(document.activeElement)) {
      recent.innerHTML = html; // our own server's page, escaped there; scripts in it would not run
    }
  } catch {
    // The network is away: the page still says what it last knew, and is asked again.
  }
  setTimeout(follow, EVERY);
}

document.body.dataset.keys = "on";
document.querySelector(".queue [aria-current]")?.scrollIntoView({ block: "nearest" });
setTimeout(follow, EVERY);
