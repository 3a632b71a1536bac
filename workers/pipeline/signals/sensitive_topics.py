"""Which sensitive topics of the policy does a text speak of?"""

from collections.abc import Mapping

from desk.policy.policy import SensitiveTopic
from desk.text.phrase_matcher import phrases_for_topic


def sensitive_topics(text: str, topics: Mapping[str, SensitiveTopic]) -> tuple[str, ...]:
    """The names of the topics whose phrases stand in the text, in the policy's order."""
    return tuple(name for name, topic in topics.items() if phrases_for_topic(topic.phrases, topic.unless).find(text))
