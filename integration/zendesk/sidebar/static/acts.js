// What people did with the ticket, and what can still be done about it.

import { button, el } from "./dom.js";
import { prose, sourceList } from "./text.js";
import { t } from "./words.js";

const TONES = { done: "good", refused: "warn", unconfirmed: "warn", failed: "bad" };
const PUBLIC = new Set(["send", "edit_and_send"]);
const UNDER_WAY = new Set(["working", "waiting", "leaving"]);
const THUMBS = { up: t("Thumbs up"), down: t("Thumbs down") };
const BACK = new Set(["refused", "unconfirmed", "failed"]);

// Is a reply of a person's on its way to the customer?
export function isReplying(view) {
  return view.acts.some((act) => PUBLIC.has(act.kind) && UNDER_WAY.has(act.status));
}

// The newest act, and each that is under way or can be taken back; the others are folded away.
export function actList(view, page) {
  const open = ({ pending, can_undo: canUndo }, place) => place === 0 || pending || canUndo;
  const items = (acts) => el("ul", { class: "acts" }, acts.map((act) => actItem(act, act === view.acts[0], page)));
  const [shown, older] = [view.acts.filter(open), view.acts.filter((act, place) => !open(act, place))];
  return [
    shown.length > 0 && items(shown),
    older.length > 0 && el("details", { "data-key": "older" }, el("summary", {}, t("Earlier: %(count)s", { count: older.length })), items(older)),
  ];
}

function actItem(act, isNewest, page) {
  return el(
    "li",
    { class: `act ${TONES[act.status] || ""}` },
    el("p", {}, el("strong", { dir: "auto" }, act.who), ` ${act.headline}`, act.order.value && act.kind === "rate" ? `: ${THUMBS[act.order.value] || act.order.value}` : ""),
    el("p", { class: "words" }, act.pending && el("span", { class: "spinner", "aria-hidden": "true" }), act.words),
    act.findings.length > 0 && act.kind !== "regenerate" && act.kind !== "ask" && findingList(act.findings),
    act.answer && act.kind === "ask" && answered(act, page),
    act.can_undo && button(t("Undo"), `undo-${act.id}`, () => page.press("undo", { target_id: act.id })),
    act.kind === "edit_and_send" && BACK.has(act.status) && button(t("Edit this text again"), `edit-${act.id}`, () => page.editAgain(act.order.text)),
    isNewest && act.status === "unconfirmed" && button(PUBLIC.has(act.kind) ? t("Send all the same") : t("Do it all the same"), `override-${act.id}`, () => page.press(act.kind, again(act)), "danger"),
  );
}

export function findingList(findings) {
  return el("ul", { class: "findings" }, findings.map(([check, detail]) => el("li", { dir: "auto" }, `${check}: ${detail}`)));
}

function answered(act, page) {
  return el(
    "div",
    { class: "answer" },
    prose(act.answer),
    sourceList(act.answer, act.id),
    button(t("Insert the answer"), `insert-${act.id}`, () => page.insert(act.answer), "primary"),
  );
}

function again(act) {
  return { ...act.order, override: true, target_id: act.id };
}
