"""A language that pages speak: its catalogue of sentences, and how it writes numbers and times.

The English sentence is the key. `<language>.po` beside this file holds the others; one more file is one more language.
"""

import gettext
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from desk.text.wording import Score, Share, Wording

FOLDER = Path(__file__).parent
SIDEBAR_ALONE = "X-Pages: sidebar"
"""A catalogue whose header says so holds what the page in Zendesk shows, and is offered there alone."""
SIDEBAR_FILES = "integration/zendesk/sidebar/static/"


@dataclass(frozen=True, slots=True)
class Language:
    """A language. `tag` is what HTML calls it; `script_words` are the sentences of the sidebar's scripts."""

    locale: Locale
    catalogue: gettext.NullTranslations
    script_words: Mapping[str, str]
    whole: bool = True
    """Does it hold the console too?"""

    @property
    def tag(self) -> str:
        """As in `<html lang>`."""
        return str(self.locale).replace("_", "-")

    @property
    def direction(self) -> str:
        """As in `<html dir>`."""
        return str(self.locale.text_direction)

    @property
    def name(self) -> str:
        """What it is called by those who speak it."""
        own_name = str(self.locale.get_display_name(self.locale))
        return own_name[:1].upper() + own_name[1:]

    @property
    def is_english(self) -> bool:
        """Needs it no catalogue?"""
        return str(self.locale.language) == "en"

    def say(self, text: object) -> str:
        """A wording in this language; anything else as it is."""
        if not isinstance(text, Wording) or self.is_english:
            return str(text)
        if text.parts:
            return ", ".join(self._show(part) for part in text.parts)
        if not text.msgid:
            return ""
        template = self._template(text)
        return template % {name: self._show(value) for name, value in text.values.items()} if text.values else template

    def begin(self, text: object) -> str:
        """The same, as a line begins."""
        said = self.say(text)
        return said[:1].upper() + said[1:]

    def number(self, number: float, digits: int = 0) -> str:
        """With its own marks for thousands and decimals."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return f"{number:,.{digits}f}" if self.is_english else str(format_decimal(number, pattern, self.locale))

    def moment(self, at: datetime, *, seconds: bool = True) -> str:
        """A day and its time, in UTC. English is read everywhere, so its days are written as ISO 8601 has them."""
        in_utc = at.astimezone(UTC)
        if self.is_english:
            return f"{in_utc:%Y-%m-%d %H:%M:%S}" if seconds else f"{in_utc:%Y-%m-%d %H:%M}"
        day = format_date(in_utc, "medium", self.locale)
        return f"{day} {format_time(in_utc, 'medium' if seconds else 'short', locale=self.locale)}"

    def money(self, dollars: float) -> str:
        """US dollars, with as many digits as a small amount needs: `$0`, `$0.0042`, `$1.25`."""
        digits = 4 if 0 < dollars < 0.1 else 2
        if not self.is_english:
            exact = f"{dollars:.{digits}f}" if dollars else "0"
            return str(format_currency(float(exact), "USD", locale=self.locale, decimal_quantization=False))
        return f"${dollars:,.{digits}f}" if dollars else "$0"

    def share(self, share: float) -> str:
        """In percent."""
        return f"{share:.0%}" if self.is_english else str(format_percent(share, locale=self.locale))

    def _template(self, text: Wording) -> str:
        if text.plural_msgid:
            return self.catalogue.ngettext(text.msgid, text.plural_msgid, int(text.values["count"]))
        return self.catalogue.gettext(text.msgid)

    def _show(self, value: object) -> str:
        if isinstance(value, Share):
            return self.share(value)
        if isinstance(value, Score):
            return self.number(value, 2)
        if isinstance(value, int):
            return self.number(value)
        if isinstance(value, datetime):
            return f"{format_datetime(value.astimezone(UTC), 'short', locale=self.locale)} UTC"
        return f"{format_time(value, 'short', locale=self.locale)} UTC" if isinstance(value, time) else self.say(value)


ENGLISH = Language(Locale("en"), gettext.NullTranslations(), {})


@lru_cache(maxsize=32)
def read_language(path: Path) -> Language:
    """The language of a catalogue. Raises babel's PoFileError for a file that is none."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Language(
        Locale.parse(path.stem),
        gettext.GNUTranslations(compiled),
        _script_words(catalogue),
        not is_for_sidebar(path),
    )


def is_for_sidebar(path: Path) -> bool:
    """Does it hold the words of the page in Zendesk alone?"""
    return SIDEBAR_ALONE in path.read_text(encoding="utf-8").partition("\n\n")[0]


def offered_languages(*, in_sidebar: bool = False) -> tuple[Language, ...]:
    """English, and whatever has a catalogue, by name."""
    others = (read_language(path) for path in sorted(FOLDER.glob("*.po")))
    return ENGLISH, *sorted((each for each in others if each.whole or in_sidebar), key=lambda each: each.name)


def choose_language(wanted: Iterable[str], offered: Iterable[Language]) -> Language:
    """The first of the wanted tags that is offered, as it is or in another country; else English."""
    known = {each.tag.casefold(): each for each in offered}
    for tag in wanted:
        exact = tag.strip().replace("_", "-").casefold()
        base = exact.partition("-")[0]
        same = [each for name, each in known.items() if name.partition("-")[0] == base]
        if found := known.get(exact) or known.get(base) or next(iter(same), None):
            return found
    return ENGLISH


def _script_words(catalogue: Catalog) -> dict[str, str]:
    """Those that stand in the sidebar's scripts, which the page is given."""
    return {
        str(entry.id): str(entry.string)
        for entry in catalogue
        if entry.id and any(place.startswith(SIDEBAR_FILES) for place, _ in entry.locations)
    }
