// The forms of the page. They are made once, so that what somebody types outlives every look at the server.

import { el } from "./dom.js";
import { t } from "./words.js";

const MOST_TEXT = 20000;

function field(name, label, { rows = 3, required = true } = {}) {
  const id = `field-${name}`;
  const input = el("textarea", { id, name, rows, dir: "auto", maxlength: MOST_TEXT, required });
  input.addEventListener("input", () => (input.dataset.typed = "yes"));
  return el("div", { class: "field" }, el("label", { for: id }, label), input);
}

function form(key, title, submit, fields, hint, onsubmit) {
  const send = el("button", { type: "submit", class: "button primary" }, submit);
  const content = el("form", { onsubmit: (event) => take(event, send, onsubmit) }, fields, hint && el("p", { class: "soft" }, hint), send);
  return el("details", { class: "form", id: `form-${key}` }, el("summary", {}, title), content);
}

async function take(event, send, onsubmit) {
  event.preventDefault();
  const { target } = event;
  send.disabled = true;
  const taken = await onsubmit(Object.fromEntries(new FormData(target)));
  send.disabled = false;
  if (!taken) return;
  for (const input of target.querySelectorAll("textarea")) delete input.dataset.typed;
  target.reset();
  target.querySelector(".went-on")?.remove();
  const details = target.closest("details");
  details.open = false;
  details.querySelector("summary").focus();
}

export function makeForms(page) {
  const order = (kind, fields) => page.press(kind, fields);
  return {
    edit: form("edit", t("Edit and send"), t("Send"), field("text", t("Reply"), { rows: 9 }), t("It is checked again, goes out in your name, and can be taken back for ten seconds."), (values) => order("edit_and_send", values)),
    again: form("again", t("Draft again"), t("Draft again"), field("comment", t("What should be different"), { rows: 2, required: false }), null, (values) => order("regenerate", values)),
    ask: form("ask", t("Ask the knowledge"), t("Ask"), field("question", t("Question"), { rows: 2 }), t("The answer comes with its sources, and goes into your reply by one press."), (values) => order("ask", values)),
    bad: form("bad", t("What is wrong with the draft?"), t("Send the rating"), field("comment-bad", t("Reason"), { rows: 2, required: false }), null, (values) => order("rate", { value: "down", comment: values["comment-bad"] })),
    teach: form("teach", t("Teach"), t("Propose"), [field("teach-question", t("Question that customers ask"), { rows: 2 }), field("teach-text", t("Answer"), { rows: 5 })], t("Names and addresses are taken out. A lead looks at it before it is used."), (values) => order("teach", { question: values["teach-question"], text: values["teach-text"] })),
  };
}

// Put a text where nobody has typed another one.
// What was typed meanwhile stays, and is said to answer an older state of the conversation.
export function suggest(details, name, text) {
  const input = details.querySelector(`[name="${name}"]`);
  details.querySelector(".went-on")?.remove();
  if (!input.dataset.typed) input.value = text;
  else input.before(el("p", { class: "note warn went-on", role: "status" }, t("The conversation went on since you began to write. Read it before you send.")));
}

export function name(details, title) {
  const summary = details.querySelector("summary");
  if (summary.textContent !== title) summary.textContent = title;
}

export function openForm(details, name, text = null) {
  const input = details.querySelector(`[name="${name}"]`);
  details.open = true;
  if (text !== null) input.value = text;
  if (text !== null) input.dataset.typed = "yes";
  input.focus();
}
