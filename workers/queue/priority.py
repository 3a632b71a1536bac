"""Whether a message looks as if it could not wait: asked at the door, of every message, to put the work in order.

It decides nothing but that. An account's own words for its topics are known only once its policy is read, later; here
the shipped policy's do.
"""

from functools import cache

from desk.platform.settings import DEFAULT_POLICY
from desk.policy.policy import Policy, parse_policy
from desk.run import Urgency
from workers.pipeline.signals.mood_and_urgency import urgency
from workers.pipeline.signals.sensitive_topics import sensitive_topics

LOOKED_AT = 2_000
"""Characters: nobody waits with it until the end of a long letter."""


def looks_urgent(text: str) -> bool:
    """Does it tell of an outage, lost data, a break-in, or of what the policy calls an urgent topic?"""
    beginning = text[:LOOKED_AT]
    if not beginning.strip():
        return False
    policy = _shipped_policy()
    topics = {name: policy.sensitive_topics[name] for name in policy.urgent_topics}
    return urgency(beginning) is Urgency.CRITICAL or bool(sensitive_topics(beginning, topics))


@cache
def _shipped_policy() -> Policy:
    return parse_policy(DEFAULT_POLICY.read_text(encoding="utf-8"))
