"""Variables in a text: `{{ site.name }}`, `{vars.price}`, `{{< param fee >}}`.

One whose value is known is filled in. One whose value is not known stays as it is written, so that a sentence never
says less, or something else, than its author meant: "costs {price}" says nothing wrong, "costs" or no sentence may.
"""

import re
from collections.abc import Iterator, Mapping

from knowledge.parsing.dialects.code import substitute_in_prose

MOST_VALUES = 2000
LONGEST_VALUE = 500

_PATH = r"[.$]?[A-Za-z_][\w-]*(?:\.[\w-]+)*"
_VARIABLE = re.compile(
    rf"\{{\{{-?\s*({_PATH})\s*(?:\|\s*(?:escape|e|safe|strip|trim|raw))?\s*-?\}}\}}"
    rf"|(?<![\w$\\{{])\{{\s*({_PATH})\s*\}}(?!\}})"
    r"""|\{\{[<%]\s*(?:param|var|variable)\s+["']?([\w.-]+)["']?\s*/?[%>]\}\}"""
    rf"""|\{{%-?\s*(?:var|variable|data)\s+["']?({_PATH})["']?\s*-?%\}}"""
    rf"""|<code class="expression">\s*({_PATH})\s*</code>"""
)


def fill_variables(markdown: str, known: Mapping[str, str]) -> str:
    """The text with the values of all variables that are known, but for those in code."""
    if not known or ("{" not in markdown and 'class="expression"' not in markdown):
        return markdown

    def fill(match: re.Match[str]) -> str:
        name = next(group for group in match.groups() if group)
        value = known.get(name)
        return match[0] if value is None else value

    return substitute_in_prose(_VARIABLE, fill, markdown)


def flatten(values: object, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """All single values of nested ones, by their path: `plans.solo.price`."""
    if isinstance(values, Mapping) and depth < 6:
        for key, value in list(values.items())[:MOST_VALUES]:
            yield from flatten(value, f"{prefix}.{key}" if prefix else str(key), depth + 1)
    elif isinstance(values, (str, int, float)) and not isinstance(values, bool) and prefix:
        text = " ".join(str(values).split())
        if len(text) <= LONGEST_VALUE:
            yield prefix, text
