// Drafts and answers with their numbered citations, and the passage behind each number.

import { button, el } from "./dom.js";
import { t } from "./words.js";

const LONG = 2000; // characters; more of them are scrolled through, so that what can be done about them stays in sight
const LISTS = { steps: "ol", items: "ul" };

export function prose(shown) {
  const sources = new Map(shown.sources.map((source) => [source.number, source]));
  const spans = (line) => line.map((span) => (span.mark === null ? span.text : mark(sources.get(span.mark))));
  const body = shown.blocks.map((block) =>
    LISTS[block.kind]
      ? el(LISTS[block.kind], { start: block.kind === "steps" ? block.start : null }, block.lines.map((line) => el("li", {}, spans(line))))
      : el("p", {}, spans(block.lines[0])),
  );
  const letters = shown.plain.length;
  return el("div", letters > LONG ? { class: "prose long", dir: "auto", tabindex: "0", role: "group", "aria-label": t("Text") } : { class: "prose", dir: "auto" }, body);
}

export function sourceList(shown, key) {
  if (!shown.sources.length) return null;
  const items = shown.sources.map((source) =>
    el("li", {}, el("button", { type: "button", class: "link", dir: "auto", "data-key": `${key}-source-${source.number}`, onclick: (event) => open(source, event.currentTarget) }, `[${source.number}] ${source.title}`)),
  );
  const count = items.length === 1 ? t("1 source") : t("%(count)s sources", { count: items.length });
  return el("details", { class: "sources", "data-key": `${key}-sources` }, el("summary", {}, count), el("ul", {}, items));
}

function mark(source) {
  const label = t("Source %(number)s: %(title)s", source);
  return el("button", { type: "button", class: "mark", "aria-label": label, onclick: (event) => open(source, event.currentTarget) }, String(source.number));
}

function open(source, pressed) {
  const close = button(t("Close"), "close", () => dialog.close(), "primary");
  const passages = source.passages.length ? source.passages : source.quotes.map((quote) => ({ heading: "", text: quote }));
  const dialog = el(
    "dialog",
    { class: "passage", "aria-labelledby": "passage-title" },
    el("h2", { id: "passage-title", dir: "auto" }, `[${source.number}] ${source.title}`),
    el("div", { class: "passages", tabindex: "0", role: "group", "aria-label": t("Passage") }, passages.map((passage) => quoted(passage, source.quotes))),
    el("div", { class: "row" }, source.url && el("a", { href: source.url, target: "_blank", rel: "noopener noreferrer", class: "button" }, t("Open the page")), close),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (pressed.isConnected) pressed.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.style.setProperty("--beside", beside(pressed, dialog));
  close.focus();
}

// The frame may be far higher than what the agent sees of it: its middle may be out of sight, what was pressed is not.
function beside(pressed, dialog) {
  const lowest = window.innerHeight - dialog.offsetHeight - 12;
  return `${Math.max(12, Math.min(pressed.getBoundingClientRect().top, lowest))}px`;
}

function quoted(passage, quotes) {
  const lines = passage.text.split("\n").map((line) => el(quotes.includes(line) ? "mark" : "span", { class: "line" }, line));
  return el("section", { dir: "auto" }, passage.heading && el("h3", {}, passage.heading), el("div", {}, lines));
}
