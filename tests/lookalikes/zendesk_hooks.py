"""Webhooks as Zendesk sends them: native events (schema 2022-11-06) or a trigger's JSON body, signed, from a thread.

An event may be sent several times, late and in disorder. Retries follow what is known: 409 three times, 429 and 503
only with a Retry-After under 60 s, time-outs up to five times, every other answer never.
"""

import base64
import hashlib
import heapq
import hmac
import http.client
import itertools
import json
import random
import re
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from tests.lookalikes.zendesk_shapes import Json, Record, iso

VERSION = "2022-11-06"
EVENT = "zen:event-type:ticket."
KINDS = (
    "created",
    "comment_added",
    "status_changed",
    "agent_assignment_changed",
    "group_assignment_changed",
    "tags_changed",
    "priority_changed",
    "merged",
    "csat_received",
    "soft_deleted",
    "article.published",
    "article.unpublished",
)
CHANNEL_OF = {"api": "web_service", "email": "mail", "web": "web_form"}
SENDERS = 4
RETRIES = {409: 3, 429: 3, 503: 3, 0: 5}
"""Tries again by answer; 0 is a time-out."""
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """base64(HMAC-SHA256(secret as text, timestamp + body)): the value of `X-Zendesk-Webhook-Signature`."""
    return base64.b64encode(hmac.digest(secret.encode(), timestamp.encode() + body, hashlib.sha256)).decode()


def ulid(now: float) -> str:
    """A ULID: 48 bits of milliseconds, 80 random ones."""
    number = int(now * 1000) << 80 | secrets.randbits(80)
    return "".join(CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


@dataclass
class Webhook:
    """One webhook. It serves events or, with a `trigger` (a JSON body with placeholders), a trigger: never both."""

    url: str
    secret: str
    kinds: list[str] = field(default_factory=lambda: list(KINDS))
    trigger: str | None = None
    """Sent on a new ticket and on every comment; `{{ticket.id}}` and kin are filled in, unknown ones become empty."""
    copies: int = 1
    delay: float = 0.0
    disorder: float = 0.0
    """Each copy waits a random part of so many seconds more."""
    first_comment_too: bool = True
    """A new ticket's first comment comes as `comment_added` as well."""
    numbers: bool = False
    """Ids inside `event.comment` are numbers, as some recorded payloads have them."""
    off: bool = False
    timeout: float = 10.0
    id: str = field(default_factory=lambda: ulid(time.time()))

    def bodies(
        self, account: int, record: Record, actor: Json, happenings: list[tuple[str, Json]], at: float
    ) -> list[Json]:
        """What it sends for one change of a ticket, oldest first, as JSON values."""
        if self.off:
            return []
        kinds = [kind for kind, _ in happenings]
        if self.trigger is not None:
            return [fill(self.trigger, record, actor)] if {"created", "comment_added"} & set(kinds) else []
        if "created" in kinds and not self.first_comment_too:
            happenings = [pair for pair in happenings if pair[0] != "comment_added"]
        sequence = secrets.token_hex(16).upper() if len(happenings) > 1 else None
        return [
            envelope(account, record, actor, kind, self._event(event, sequence, place), at)
            for place, (kind, event) in enumerate(happenings, 1)
            if kind in self.kinds
        ]

    def _event(self, event: Json, sequence: str | None, place: int) -> Json:
        event = json.loads(json.dumps(event))
        if sequence:
            event["meta"] = {"sequence": {"id": sequence, "position": place}}
        if self.numbers and "comment" in event:
            event["comment"]["id"] = int(event["comment"]["id"])
            event["comment"]["author"]["id"] = int(event["comment"]["author"]["id"])
        return event


def envelope(account: int, record: Record, actor: Json, kind: str, event: Json, at: float) -> Json:
    """A native event. `time` has nine fraction digits."""
    nanoseconds = f"{round((at % 1) * 1e9) % 10**9:09d}"
    return {
        "account_id": account,
        "detail": detail(record.ticket, actor["id"]),
        "event": event,
        "id": str(uuid.uuid4()),
        "subject": f"zen:ticket:{record.ticket['id']}",
        "time": f"{iso(at)[:-1]}.{nanoseconds}Z",
        "type": EVENT + kind,
        "zendesk_event_version": VERSION,
    }


def detail(ticket: Json, actor: int) -> Json:
    """The ticket as events tell it: ids are strings, status, priority and type upper case, no address."""
    ids = {f"{name}_id": ticket[f"{name}_id"] for name in ("assignee", "brand", "group", "organization", "requester")}
    ids |= {"submitter_id": ticket["submitter_id"], "form_id": ticket["ticket_form_id"], "actor_id": actor}
    told: Json = {name: None if value is None else str(value) for name, value in ids.items()}
    told |= {name: ticket[name] and ticket[name].upper() for name in ("status", "priority", "type")}
    told |= {name: ticket[name] for name in ("created_at", "updated_at", "subject", "description", "external_id")}
    channel = ticket["via"]["channel"]
    via = {"channel": CHANNEL_OF.get(channel, channel)}
    more = {"id": str(ticket["id"]), "custom_status": "6001", "is_public": ticket["is_public"], "via": via}
    return told | more | {"tags": list(ticket["tags"]) or None}


def fill(template: str, record: Record, actor: Json) -> Json:
    """A trigger's body with its placeholders filled in, escaped for JSON."""
    ticket, last = record.ticket, record.comments[-1]
    known = {f"ticket.{name}": value for name, value in ticket.items()}
    known |= {
        "ticket.title": ticket["subject"],
        "ticket.updated_at_with_timestamp": ticket["updated_at"],
        "ticket.tags": " ".join(ticket["tags"]),
        "current_user.id": actor["id"],
    }
    known |= {f"ticket.latest_comment.{name}": last[name] for name in ("id", "created_at")}
    known |= {"ticket.latest_comment.value": last["body"], "ticket.latest_comment": last["body"]}
    known |= {"ticket.latest_comment.is_public": last["public"], "ticket.latest_comment.author.id": last["author_id"]}

    def put(match: re.Match[str]) -> str:
        value = known.get(match[1])
        text = str(value).lower() if isinstance(value, bool) else str("" if value is None else value)
        return json.dumps(text)[1:-1]

    filled: Json = json.loads(re.sub(r"\{\{\s*([\w.]+)\s*\}\}", put, template))
    return filled


@dataclass
class Invocation:
    """One body on its way to one webhook."""

    webhook: Webhook
    account: int
    body: bytes
    kind: str
    ticket: int
    id: str
    tries: int = 0

    def headers(self, now: float) -> dict[str, str]:
        """The headers of one attempt: the timestamp is its own, the invocation id stays."""
        stamp = datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Account-Id": str(self.account),
            "X-Zendesk-Webhook-Id": self.webhook.id,
            "X-Zendesk-Webhook-Invocation-Id": self.id,
            "X-Zendesk-Webhook-Signature": sign(self.webhook.secret, stamp, self.body),
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
        }

    def post(self) -> tuple[int, str | None]:
        """Send it once: status and Retry-After; status 0 for a time-out, -1 when nobody listens."""
        target = urlsplit(self.webhook.url)
        maker = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        connection = maker(target.netloc, timeout=self.webhook.timeout)
        try:
            path = target.path + (f"?{target.query}" if target.query else "")
            connection.request("POST", path or "/", self.body, self.headers(time.time()))
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("Retry-After")
        except TimeoutError:
            return 0, None
        except (OSError, http.client.HTTPException):
            return -1, None
        finally:
            connection.close()


class Postman:
    """Carries invocations to the product from a few threads. `told` hears of every attempt."""

    def __init__(self, told: Callable[[Invocation, int], None]) -> None:
        self.told = told
        self._due: list[tuple[float, int, Invocation]] = []
        self._count = itertools.count()
        self._chance = random.Random(7)
        self._under_way = 0
        self._stopped = False
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def take(self, webhook: Webhook, account: int, body: Json, ticket: int) -> None:
        """Send this, as often and as late as the webhook says."""
        raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        kind = str(body.get("type", "trigger")).removeprefix(EVENT)
        identity = ulid(time.time())
        for _ in range(webhook.copies):
            wait = webhook.delay + self._chance.random() * webhook.disorder
            self._put(Invocation(webhook, account, raw, kind, ticket, identity), wait)

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is left to send; False when that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._under_way, timeout)

    def forget(self) -> None:
        """Drop what waits."""
        with self._changed:
            self._due.clear()
            self._changed.notify_all()

    def stop(self) -> None:
        """Drop what waits and end the threads."""
        self._stopped = True
        self.forget()
        for thread in self._threads:
            thread.join(5)

    def _put(self, invocation: Invocation, wait: float) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + wait, next(self._count), invocation))
            if len(self._threads) < SENDERS and not self._stopped:
                self._threads.append(threading.Thread(target=self._work, daemon=True))
                self._threads[-1].start()
            self._changed.notify_all()

    def _next(self) -> Invocation | None:
        with self._changed:
            while not self._stopped:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    self._under_way += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
            return None

    def _work(self) -> None:
        while invocation := self._next():
            invocation.tries += 1
            status, after = invocation.post()
            self.told(invocation, status)
            pause = _pause(status, after)
            if pause is not None and invocation.tries <= RETRIES[status]:
                self._put(invocation, pause)
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()


def _pause(status: int, after: str | None) -> float | None:
    """Seconds until the next attempt; None when there is none."""
    if status in (0, 409):
        return 0.1
    if status not in RETRIES or not (after or "").isdigit() or int(after or 0) >= 60:
        return None
    return float(after or 0)


def options(given: dict[str, Any]) -> dict[str, Any]:
    """Options of a webhook as they come in: kinds may be written with or without `zen:event-type:ticket.`."""
    if given.get("kinds") is None:
        given.pop("kinds", None)
    else:
        given["kinds"] = [str(kind).removeprefix(EVENT) for kind in given["kinds"]]
    return given
