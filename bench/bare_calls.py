"""The yardstick of `bench.pipeline`, as a process: the calls of a plan by the same SDKs in a plain gevent loop.

Prints JSON: how many calls, and the seconds and CPU seconds that they took.
"""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402  # after the patch
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import anthropic  # noqa: E402
import requests  # noqa: E402
from gevent.pool import Pool  # noqa: E402
from slack_sdk import WebClient  # noqa: E402

from integration.zendesk.api.client import TicketsApi  # noqa: E402
from tests.lookalikes.slack import TOKEN as BOT_TOKEN  # noqa: E402
from tests.lookalikes.zendesk import EMAIL, TOKEN  # noqa: E402

AT_ONCE = 50
"""Tickets in flight, as the product's worker has them."""

Json = dict[str, Any]


class Bare:
    """The three SDKs, each with one client."""

    def __init__(self, addresses: dict[str, str]) -> None:
        session = requests.Session()
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=100))
        session.auth = (f"{EMAIL}/token", TOKEN)
        self.zendesk = TicketsApi(addresses["zendesk"], session)  # type: ignore[arg-type]  # bare: without our limits
        self.claude = anthropic.Anthropic(api_key="sk-bench", base_url=addresses["claude"], max_retries=0)
        self.slack = WebClient(token=BOT_TOKEN, base_url=f"{addresses['slack']}/api/")

    def call(self, ticket: int, step: Json) -> object:
        """One step of a ticket's plan."""
        api, body = self.zendesk, step["body"]
        match step["kind"]:
            case "claude":
                return self.claude.messages.with_raw_response.create(**body).http_response.content
            case "slack":
                return self.slack.chat_postMessage(**body)
            case "GET ticket":
                return api.read(api.endpoint(id=ticket, include=["users", "organizations"]))
            case "GET ticket/audits":
                return api.read(api.endpoint.audits(ticket, include="users", cursor_pagination=100))
            case "PUT ticket":
                body["ticket"].pop("safe_update", None)  # its stamp is another ticket's
                return api.write(api.endpoint(id=ticket), body)
            case "PUT ticket/tags":
                return api.write(api.endpoint.tags(ticket), body)
            case kind:
                raise ValueError(f"the product makes a call that this bench does not know: {kind}")


def main() -> None:
    """Make the calls of the plan whose file is named on the command line."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    bare = Bare(plan["addresses"])

    def work(ticket: int, steps: list[Json]) -> None:
        for step in steps:
            bare.call(ticket, step)

    began, cpu = time.monotonic(), time.process_time()
    pool = Pool(AT_ONCE)
    at_work = [pool.spawn(work, ticket, steps) for ticket, steps in plan["tickets"]]
    pool.join()
    seconds, used = time.monotonic() - began, time.process_time() - cpu
    for each in at_work:
        each.get()
    print(json.dumps({"calls": sum(len(steps) for _, steps in plan["tickets"]), "seconds": seconds, "cpu": used}))


if __name__ == "__main__":
    main()
