"""The options of `firstline connect`, made from what a provider asks for; and what was given, or is asked for."""

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel

from integration.provider import ConnectOption, Provider

WISHES = ("no_check", "only_here", "dry_run", "test_message")
"""The flags that are no part of the connection."""
ASKED = "May be given without a value, and is asked for then; needed the first time."


def command_options(provider: Provider) -> list[click.Parameter]:
    """What it takes to connect one, and what else may be wished of it."""
    return [*(_build_option(provider, option) for option in provider.options), *_wishes(provider)]


def _wishes(provider: Provider) -> Iterator[click.Option]:
    yield _flag("--no-check", "Keep it without asking the other side.")
    if provider.steps:
        yield _flag("--only-here", "Keep the connection; make nothing at the other side.")
        yield _flag("--dry-run", "Ask, say what would be made, and change nothing.")
    if provider.test_message:
        yield _flag("--test-message", "Post a message that people see.")
    if provider.manifest:
        show = partial(_print_and_end, provider.manifest)
        help_text = "Print what the app is made from at the other side, and end."
        yield _flag("--manifest", help_text, is_eager=True, expose_value=False, callback=show)


def _flag(name: str, help_text: str, **more: Any) -> click.Option:
    return click.Option([name], is_flag=True, help=help_text, **more)


def _print_and_end(manifest: Callable[[], str], ctx: click.Context, param: click.Parameter, is_given: bool) -> None:
    if is_given:
        click.echo(manifest(), nl=False)
        ctx.exit()


def _build_option(provider: Provider, option: ConnectOption) -> click.Option:
    """What values it takes, the field's type says: one of several words, or many values."""
    value_type = provider.connection.model_fields[option.field].annotation
    names = [option.option, *([option.alias] if option.alias else []), option.field]
    if option.secret:
        return click.Option(names, help=ASKED, prompt=True, prompt_required=False, hide_input=True)
    choices = (
        click.Choice([str(choice) for choice in get_args(value_type)]) if get_origin(value_type) is Literal else None
    )
    return click.Option(names, help=option.help, type=choices, multiple=get_origin(value_type) is list)


def given_values(provider: Provider, current: BaseModel | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was given. The first time some of it must be, and what is secret is asked for."""
    values_given = {name: _without_empty(value) for name, value in values.items() if value not in (None, ())}
    if current is None:
        _ask_for_missing(provider, values_given)
    return values_given


def _ask_for_missing(provider: Provider, values_given: dict[str, Any]) -> None:
    """A terminal is asked for all that is needed; anything else for what is secret alone."""
    missing_options = [each for each in provider.options if each.first and _is_missing(each, values_given)]
    if missing_options and not sys.stdin.isatty():
        names = " and ".join(option.option for option in missing_options)
        raise click.UsageError(f"the first time, {names} must be given")
    for option in missing_options:
        values_given[option.field] = click.prompt(option.question, err=True).strip()
    for option in provider.options:
        if option.secret and _is_missing(option, values_given):
            values_given[option.field] = click.prompt(option.question, hide_input=True, err=True)


def _is_missing(option: ConnectOption, values_given: Mapping[str, Any]) -> bool:
    return option.field not in values_given and option.applies(values_given)


def _without_empty(value: Any) -> Any:
    """Many values without the empty ones: a single empty one clears them."""
    return [entry for entry in value if entry] if isinstance(value, tuple) else value
