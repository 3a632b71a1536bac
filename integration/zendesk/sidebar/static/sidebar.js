// The page beside a ticket: finds out which one it is, follows it, and sends what is pressed.

import { actList, findingList, isReplying } from "./acts.js";
import { button, el, put } from "./dom.js";
import { makeForms, name, openForm, suggest } from "./forms.js";
import { prose, sourceList } from "./text.js";
import { Refusal, Server, SignedOut } from "./transport.js";
import { t } from "./words.js";

const app = document.getElementById("app");
const banner = document.getElementById("banner");
const say = document.getElementById("say");
const WAITING = {
  offline: t("You are offline. Nothing is lost: what you pressed is sent as soon as the connection is back."),
  away: t("Firstline does not answer just now. It is tried again by itself."),
};

class Page {
  constructor(client, server) {
    this.client = client;
    this.server = server;
    this.view = null;
    this.runId = null;
    this.told = "";
    this.over = false;
    this.busy = new Set();
    this.forms = makeForms(this);
    this.places = Object.fromEntries(["head", "draft", "actions", "after", "acts"].map((name) => [name, el("section", { id: name, tabindex: "-1" })]));
  }

  start() {
    if (this.over) return;
    this.server.follow(
      (view) => this.show(view),
      (error) => this.trouble(error),
    );
  }

  show(view) {
    if (this.over) return;
    warn("");
    const told = JSON.stringify(view);
    if (told === this.told) return;
    this.told = told;
    const before = this.view;
    this.view = view;
    if (!view.known) return put(app, unknownState(view));
    if (!app.contains(this.places.head)) this.layOut();
    if (view.run && view.run.run_id !== this.runId) this.takeDraft(view.run);
    put(this.places.head, this.head());
    put(this.places.draft, this.draft());
    put(this.places.actions, this.actions());
    put(this.places.after, this.after());
    put(this.places.acts, actList(view, this));
    name(this.forms.edit, view.run && view.run.draft ? t("Edit and send") : t("Write a reply"));
    this.tell(before);
  }

  layOut() {
    const { head, draft, actions, after, acts } = this.places;
    const { edit, again, ask, bad, teach } = this.forms;
    put(app, head, draft, actions, bad, acts, after, edit, again, ask, teach);
  }

  takeDraft(run) {
    this.runId = run.run_id;
    suggest(this.forms.edit, "text", run.draft ? run.draft.editable : "");
    suggest(this.forms.teach, "teach-question", run.questions[0] || "");
  }

  head() {
    const { state, progress, claim, switched_off: off } = this.view;
    return [
      el("h1", { class: "unseen" }, "Firstline"),
      el("p", { class: `badge ${progress.tone}` }, state.charAt(0).toUpperCase() + state.slice(1)),
      el("p", {}, this.view.moving && el("span", { class: "spinner", "aria-hidden": "true" }), progress.sentence),
      claim && el("p", { class: "soft" }, claim.mine ? t("You have claimed this ticket.") : el("span", { dir: "auto" }, t("%(who)s has claimed this ticket.", { who: claim.name }))),
      off && el("p", { class: "note warn" }, t("Firstline is turned off for this ticket.")),
    ];
  }

  draft() {
    const { run } = this.view;
    if (!run) return [el("h2", {}, t("Draft")), el("p", { class: "soft" }, this.view.moving ? t("The draft comes in a moment.") : t("There is no draft for this ticket. You can still ask the knowledge."))];
    if (!run.draft) return [el("h2", {}, t("No draft")), el("p", { dir: "auto" }, run.no_draft)];
    return [
      el("div", { class: "row spread" }, el("h2", {}, t("Draft")), el("span", { class: "confidence" }, run.confidence)),
      prose(run.draft),
      sourceList(run.draft, "draft"),
      run.findings.length > 0 && findingList(run.findings),
    ];
  }

  actions() {
    const { run, claim, switched_off: off } = this.view;
    const has = Boolean(run && run.draft);
    const over = has && (run.answered || isReplying(this.view));
    const send = has && this.act(t("Send"), "send", {}, over ? "" : "primary", { disabled: over });
    return [
      has && el("div", { class: "row" }, button(t("Insert"), "insert", () => this.insert(run.draft)), send, run.answered && el("span", { class: "soft" }, t("Answered."))),
      has && el("div", { class: "row", role: "group", "aria-label": t("Was the draft of use?") }, this.act("", "rate-good", { value: "up" }, "icon thumb", { "aria-label": t("The draft is good"), title: t("Good") }), button("", "rate-bad", () => openForm(this.forms.bad, "comment-bad"), "icon thumb down", { "aria-label": t("The draft is bad"), title: t("Bad") })),
      el("div", { class: "row" }, claim ? this.act(t("Release"), "release") : this.act(t("Claim"), "claim"), off ? this.act(t("Turn on here"), "turn_on") : this.act(t("Turn off here"), "turn_off")),
    ];
  }

  act(label, key, fields = {}, look = "", more = {}) {
    const disabled = more.disabled || this.busy.has(key);
    return button(label, key, () => this.press(key.startsWith("rate") ? "rate" : key, fields, key), look, { ...more, disabled });
  }

  after() {
    const { run } = this.view;
    if (!run) return [];
    const reasons = run.reasons.map(([text, detail, person]) => el("li", { class: person ? "person" : "", dir: "auto" }, detail ? `${text}: ${detail}` : text));
    return [
      el("details", { "data-key": "reasons" }, el("summary", {}, t("Why Firstline decided so")), el("p", {}, `${run.decided}; ${run.happened}.`), reasons.length > 0 ? el("ul", {}, reasons) : el("p", { class: "soft" }, t("No rule objected."))),
      el("details", { "data-key": "receipt" }, el("summary", {}, t("Receipt")), el("dl", { class: "receipt" }, run.receipt.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", { dir: "auto" }, value))))),
    ];
  }

  // True once the server has it. What it is about is what the agent saw.
  async press(kind, fields, key = kind) {
    const { run } = this.view;
    const about = run ? { run_id: run.run_id, seen_message_id: run.message_id } : {};
    this.busy.add(key);
    if (this.view.known) put(this.places.actions, this.actions());
    try {
      const act = await this.server.press({ kind, ...about, ...fields }, (why) => warn(WAITING[why]));
      warn("");
      this.view = { ...this.view, acts: [act, ...this.view.acts.filter((each) => each.id !== act.id)] };
      speak(act.words);
      put(this.places.acts, actList(this.view, this));
      this.server.stop(); // a stream that was looking now and then only looks at once, and often
      this.start();
      return true;
    } catch (error) {
      this.trouble(error);
      return false;
    } finally {
      this.busy.delete(key);
      if (app.contains(this.places.actions)) put(this.places.actions, this.actions());
    }
  }

  editAgain(text) {
    openForm(this.forms.edit, "text", text);
  }

  async insert(shown) {
    try {
      await this.client.invoke("ticket.comment.appendHtml", shown.html);
    } catch {
      await this.client.invoke("ticket.comment.appendText", shown.plain).catch(() => warn(t("Zendesk's composer does not take the text. Open a reply first.")));
    }
    speak(t("Inserted into the reply."));
  }

  trouble(error) {
    if (error instanceof SignedOut) return this.end();
    const text = WAITING[error.message] || error.message;
    if (this.view) return warn(text);
    put(app, state(error instanceof Refusal ? t("This ticket is not shown") : t("The ticket cannot be shown just now"), text));
    speak(text);
  }

  // Nothing that is still under way may put the ticket back.
  end() {
    this.over = true;
    this.server.stop();
    warn("");
    put(app, state(t("You were signed out"), t("The session of this page is over. Reload the apps: Zendesk then proves again who you are.")));
  }

  tell(before) {
    const [act] = this.view.acts;
    const [earlier] = before?.acts || [];
    if (act && (act.id !== earlier?.id || act.words !== earlier?.words)) speak(act.words);
    else if (this.view.progress.sentence !== before?.progress?.sentence) speak(this.view.progress.sentence);
  }
}

function state(title, ...texts) {
  return el("div", { class: "state" }, el("h1", {}, title), texts.filter(Boolean).map((text) => el("p", {}, text)));
}

function unknownState(view) {
  if (view.moving) return reading(view);
  return view.why ? state(t("Firstline leaves this ticket alone"), view.why) : state(t("Nothing here yet"), t("Firstline has not seen this ticket. It appears here as soon as the customer's message has come in."));
}

function reading(view) {
  const shown = state(t("Firstline is reading this ticket"), view.why);
  shown.prepend(el("span", { class: "spinner", "aria-hidden": "true" }));
  return shown;
}

function warn(text) {
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = !text;
}

function speak(text) {
  if (say.textContent !== text) say.textContent = text;
}

function keepSize(client) {
  let last = 0;
  const resize = () => {
    const height = Math.min(Math.ceil(document.documentElement.scrollHeight), 2000);
    if (height !== last) client.invoke("resize", { width: "100%", height: `${height}px` }).catch(() => {});
    last = height;
  };
  new ResizeObserver(resize).observe(app);
}

function takeScheme(client) {
  const set = (scheme) => scheme && (document.documentElement.dataset.scheme = scheme);
  client.get("colorScheme").then((got) => set(got.colorScheme), () => {});
  client.on("colorScheme.changed", set);
}

async function begin() {
  const { session, from } = document.body.dataset;
  delete document.body.dataset.session; // it lives in memory alone from here on
  const client = window.ZAFClient?.init();
  if (!client) return put(app, state(t("Open this in Zendesk"), t("This page works beside a ticket in Zendesk, with Zendesk's own script loaded.")));
  takeScheme(client);
  keepSize(client);
  const ticketId = (await client.get("ticket.id"))["ticket.id"];
  if (!ticketId) return put(app, state(t("A new ticket"), t("Submit it first. Then Firstline shows what it makes of it.")));
  const page = new Page(client, new Server(from, session, ticketId));
  client.on("app.deactivated", () => page.server.stop());
  client.on("app.activated", () => page.server.stopped?.signal.aborted && page.start());
  window.addEventListener("offline", () => warn(WAITING.offline));
  window.addEventListener("online", () => warn(""));
  page.start();
}

begin().catch((error) => put(app, state(t("Something went wrong"), t("%(what)s. Reload the apps to try again.", { what: error.message || error }))));
