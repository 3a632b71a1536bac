"""YAML that says each thing once. The customary loader takes the last of two equal keys and says nothing."""

from collections.abc import Hashable
from typing import Any

import yaml


class _StrictLoader(yaml.SafeLoader):
    """Without merge keys (`<<`), whose few lines can unfold without end."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Leaves the keys as they are."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Each key once. Raises ConstructorError that names the line."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                mark = node.value[index][0].start_mark
                raise yaml.constructor.ConstructorError(None, None, f"`{key}` stands here a second time", mark)
        return super().construct_mapping(node, deep)


def load(text: str) -> Any:
    """The content of a document. Raises YAMLError, and RecursionError where it is nested too deep."""
    return yaml.load(text, _StrictLoader)  # noqa: S506  # a SafeLoader
