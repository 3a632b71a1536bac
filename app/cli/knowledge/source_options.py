"""What a kind of source asks for, as options of a command, and what was given as valid settings."""

import re
from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import click
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from knowledge.sources.source_kind import SourceKind

_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def source_parameters(kind: SourceKind) -> list[click.Parameter]:
    """The place as an argument, every other field of the settings as an option. What is left out comes as None."""
    fields = kind.settings.model_fields
    made: list[click.Parameter] = []
    if kind.place:
        made.append(click.Argument([kind.place], required=fields[kind.place].is_required()))
    made += [_option(name, field) for name, field in fields.items() if name != kind.place]
    return made


def given_settings(kind: SourceKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that were given, by field. A list may be given often, or with commas."""
    return {
        name: [part for each in value for part in each.split(",")] if isinstance(value, tuple) else value
        for name, value in values.items()
        if name in kind.settings.model_fields and value not in (None, ())
    }


def valid_settings(kind: SourceKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """The whole settings in JSON's values. Raises click.UsageError that names the option at fault."""
    for name, value in values.items():
        if not all(map(_is_text, value if isinstance(value, list) else [value])):
            raise click.UsageError(f"{_called(kind, name)}: holds characters that no text has")
    try:
        return kind.settings.model_validate(values).model_dump(mode="json")
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False, include_context=False)
        raise click.UsageError("\n".join(_fault(kind, each["loc"], each["msg"]) for each in told)) from error


def _option(name: str, field: FieldInfo) -> click.Option:
    kind, flag = _kind(field.annotation), "--" + name.replace("_", "-")
    default = field.get_default(call_default_factory=True) if not field.is_required() else None
    words = field.description or ""
    if default not in (None, "", [], ()):
        words += f" [default: {_shown(default)}]"
    if kind is bool:
        return click.Option([f"{flag}/--no-{flag[2:]}", name], default=None, help=words)
    several = get_origin(kind) in (list, tuple, set, frozenset)
    choices = click.Choice([str(each) for each in get_args(kind)]) if get_origin(kind) is Literal else None
    metavar = "NUMBER" if kind in (int, float) else None
    required = field.is_required()
    return click.Option([flag, name], multiple=several, type=choices, metavar=metavar, required=required, help=words)


def _kind(annotation: Any) -> Any:
    """The type behind `X | None`."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [each for each in get_args(annotation) if each is not type(None)]
        return kinds[0] if len(kinds) == 1 else str
    return annotation


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return ", ".join(map(str, default)) if isinstance(default, (list, tuple)) else str(default)


def _is_text(value: Any) -> bool:
    """Can Postgres keep it?"""
    return not isinstance(value, str) or not _NO_TEXT.search(value)


def _fault(kind: SourceKind, place: tuple[int | str, ...], message: str) -> str:
    words = message.removeprefix("Value error, ")
    return f"{_called(kind, str(place[0]))}: {words}" if place else words


def _called(kind: SourceKind, field: str) -> str:
    """A setting as the command calls it."""
    return field.upper() if field == kind.place else "--" + field.replace("_", "-")
