// Progressive enhancement only: every page works without it.
"use strict";

// A form that makes something is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-once")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// A ticket's page follows what happens: quickly while something moves, slowly afterwards (a person may answer).
const QUICK = 700;
const SLOW = 10000;
const MOST = 30000;
const box = document.getElementById("live");

function show(html) {
  const open = Array.from(box.querySelectorAll("details[open]"), (each) => each.id);
  const focused = document.activeElement.closest("#live details[id]")?.id;
  box.innerHTML = html; // our own server's page, escaped there; scripts in it would not run
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.querySelector("summary").focus({ preventScroll: true });
  const say = box.querySelector(".live").dataset.say;
  const status = document.getElementById("live-status");
  if (status.textContent !== say) status.textContent = say;
}

function follow() {
  const moving = () => box.querySelector(".live").dataset.moving === "yes";
  const reading = () => box.querySelector(".source-card:popover-open") !== null;
  let last = null;
  let wait = QUICK;
  async function look() {
    try {
      if (!document.hidden) {
        const answer = await fetch(box.dataset.from, { cache: "no-store" });
        if (answer.status === 404) return;
        if (!answer.ok) throw new Error(answer.statusText);
        const html = await answer.text();
        if (html !== last && !reading()) {
          show(html);
          last = html;
        }
      }
      wait = moving() ? QUICK : SLOW;
    } catch {
      wait = Math.min(wait * 2, MOST);
    }
    setTimeout(look, wait);
  }
  setTimeout(look, moving() ? QUICK : SLOW);
}

if (box) follow();
