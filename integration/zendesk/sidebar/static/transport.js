// Talking to our own server: with the session's bearer, live where that works, by polling where it does not.

import { t } from "./words.js";

const STREAM_MUST_SPEAK = 8000; // milliseconds; a proxy that keeps events back says nothing for longer
const QUICK = 1000;
const SLOW = 5000;
const LONGEST_PAUSE = 15000;

export class SignedOut extends Error {}
export class Refusal extends Error {}
export class Away extends Error {}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

export class Server {
  constructor(from, secret, ticketId) {
    this.base = `${from}/tickets/${ticketId}`;
    this.headers = { Authorization: `Bearer ${secret}`, "Accept-Language": document.documentElement.lang };
    this.streams = true;
    this.stopped = null;
  }

  async ask(path, options = {}) {
    let answer;
    try {
      answer = await fetch(this.base + path, { cache: "no-store", ...options, headers: { ...this.headers, ...options.headers } });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Away("offline");
    }
    if (answer.ok) return answer;
    if (answer.status === 401) throw new SignedOut();
    if (answer.status >= 500) throw new Away("away");
    const problem = await answer.json().catch(() => ({}));
    throw new Refusal(problem.detail || t("The server refused this (%(status)s).", { status: answer.status }));
  }

  // One press, however often it takes to arrive: its id stays the same.
  async press(order, onWait) {
    const body = JSON.stringify({ press: crypto.randomUUID(), ...order });
    for (let wait = QUICK; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
      try {
        const headers = { "Content-Type": "application/json" };
        return await (await this.ask("/acts", { method: "POST", body, headers })).json();
      } catch (error) {
        if (!(error instanceof Away)) throw error;
        onWait(error.message);
        await pause(wait);
      }
    }
  }

  // Calls show(view) whenever the ticket looks different, and trouble(error) when it cannot be seen; until stop().
  async follow(show, trouble) {
    this.stopped = new AbortController();
    const { signal } = this.stopped;
    for (let wait = QUICK; !signal.aborted; ) {
      try {
        await (this.streams ? this.readStream(show, signal) : this.poll(show, signal));
        wait = QUICK;
      } catch (error) {
        if (signal.aborted || error.name === "AbortError") continue;
        trouble(error);
        if (error instanceof SignedOut) return;
        await pause(wait);
        wait = Math.min(wait * 2, LONGEST_PAUSE);
      }
    }
  }

  stop() {
    this.stopped?.abort();
  }

  async poll(show, signal) {
    const view = await (await this.ask("", { signal })).json();
    show(view);
    await pause(view.moving ? QUICK : SLOW);
  }

  async readStream(show, signal) {
    const own = new AbortController();
    const end = () => own.abort();
    signal.addEventListener("abort", end);
    let spoke = false;
    const timer = setTimeout(() => spoke || end(), STREAM_MUST_SPEAK);
    try {
      const answer = await this.ask("/events", { signal: own.signal });
      const lines = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        const { value, done } = await lines.read();
        if (done) return;
        spoke = true;
        const events = (rest + value).split("\n\n");
        rest = events.pop();
        for (const event of events) this.takeEvent(event, show);
      }
    } catch (error) {
      if (error instanceof SignedOut || error instanceof Away || signal.aborted) throw error;
      this.streams = false; // it does not work here: ask again and again instead
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    }
  }

  takeEvent(event, show) {
    if (event.startsWith("event: away")) throw new Away("away");
    const data = event.split("\n").find((line) => line.startsWith("data: "));
    if (event.startsWith("event: ticket") && data) show(JSON.parse(data.slice(6)));
  }
}
