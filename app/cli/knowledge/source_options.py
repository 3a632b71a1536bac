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
    parameters: list[click.Parameter] = []
    if kind.place:
        parameters.append(click.Argument([kind.place], required=fields[kind.place].is_required()))
    parameters += [_build_option(name, field) for name, field in fields.items() if name != kind.place]
    return parameters


def given_settings(kind: SourceKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that were given, by field. A list may be given often, or with commas."""
    return {
        name: [part for entry in value for part in entry.split(",")] if isinstance(value, tuple) else value
        for name, value in values.items()
        if name in kind.settings.model_fields and value not in (None, ())
    }


def valid_settings(kind: SourceKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """The whole settings in JSON's values. Raises click.UsageError that names the option at fault."""
    for name, value in values.items():
        if not all(map(_is_text, value if isinstance(value, list) else [value])):
            raise click.UsageError(f"{_option_name(kind, name)}: holds characters that no text has")
    try:
        return kind.settings.model_validate(values).model_dump(mode="json")
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False, include_context=False)
        raise click.UsageError(
            "\n".join(_fault_text(kind, detail["loc"], detail["msg"]) for detail in errors)
        ) from error


def _build_option(name: str, field: FieldInfo) -> click.Option:
    kind, flag = _value_type(field.annotation), "--" + name.replace("_", "-")
    default = field.get_default(call_default_factory=True) if not field.is_required() else None
    help_text = field.description or ""
    if default not in (None, "", [], ()):
        help_text += f" [default: {_default_text(default)}]"
    if kind is bool:
        return click.Option([f"{flag}/--no-{flag[2:]}", name], default=None, help=help_text)
    is_multiple = get_origin(kind) in (list, tuple, set, frozenset)
    choices = click.Choice([str(choice) for choice in get_args(kind)]) if get_origin(kind) is Literal else None
    metavar = "NUMBER" if kind in (int, float) else None
    required = field.is_required()
    return click.Option(
        [flag, name], multiple=is_multiple, type=choices, metavar=metavar, required=required, help=help_text
    )


def _value_type(annotation: Any) -> Any:
    """The type behind `X | None`."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [member for member in get_args(annotation) if member is not type(None)]
        return kinds[0] if len(kinds) == 1 else str
    return annotation


def _default_text(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return ", ".join(map(str, default)) if isinstance(default, (list, tuple)) else str(default)


def _is_text(value: Any) -> bool:
    """Can Postgres keep it?"""
    return not isinstance(value, str) or not _NO_TEXT.search(value)


def _fault_text(kind: SourceKind, location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{_option_name(kind, str(location[0]))}: {text}" if location else text


def _option_name(kind: SourceKind, field: str) -> str:
    """A setting as the command calls it."""
    return field.upper() if field == kind.place else "--" + field.replace("_", "-")
