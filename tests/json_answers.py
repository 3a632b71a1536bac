"""What answers of Flask's test client say in JSON."""

from typing import Any

from werkzeug.test import TestResponse


def json_of(answer: TestResponse) -> dict[str, Any]:
    """The JSON object in an answer."""
    assert isinstance(answer.json, dict), answer.text
    return answer.json
