"""`firstline policy`: is the file well-formed, and what does it allow?"""

from pathlib import Path

import click

from app.cli.output import json_option, print_json, print_rows, say
from desk.errors import BadSetting
from desk.platform.settings import read_settings
from desk.policy.policy import PolicyBook, parse_policy
from desk.policy.texts import DIRECTORY, LanguageFallback


@click.group()
def policy() -> None:
    """The policy: what may be done alone."""


@policy.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@json_option
def check(file: Path | None, as_json: bool) -> None:
    """Check a policy FILE and say what it allows. Without FILE: the policy of FIRSTLINE_ACCOUNT."""
    settings = read_settings()
    path = file or PolicyBook(settings.policy).path(settings.account)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadSetting(f"cannot read {path}: {reason}") from error
    parsed = parse_policy(text, str(path))
    if as_json:
        print_json({**parsed.model_dump(mode="json"), "fallbacks": parsed.fallbacks()})
        return
    rows = [
        (name, category.level, f"{category.threshold:.2f}", category.audience)
        for name, category in parsed.categories.items()
    ]
    print_rows(("category", "level", "threshold", "audience"), rows, empty="No categories.")
    say(f"{path} is fine: version {parsed.version}, {len(parsed.sensitive_topics)} sensitive topics.")
    if parsed.handover.names("hours") and not parsed.business_hours.days:
        say("{hours} is used in the hand-over message, and business_hours names no day: customers read no times.")
    for fallback in parsed.fallbacks():
        say(_fallback_text(fallback))


def _fallback_text(fallback: LanguageFallback) -> str:
    languages = ", ".join(fallback.languages)
    if fallback.instead is None:
        return f"{fallback.text}: none for {languages}; {DIRECTORY} is named there."
    return f"{fallback.text}: missing in {languages}; customers read it in {fallback.instead}."
