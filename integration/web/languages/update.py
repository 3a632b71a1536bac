"""Bring the catalogues in step with what code and templates say:

    python -m integration.web.languages.update

What is new stands in each `.po` with an empty translation, what is gone is taken out, and the tests fail until somebody
has filled the gaps. For a new language copy any `.po` to its own name first, for instance `it.po`.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from integration.web.languages.language import FOLDER, is_for_sidebar

ROOT = Path(__file__).parents[3]
ROOMS = ("desk", "workers", "integration")
PYTHON = {"Wording": None, "plural": (1, 2)}
TEMPLATE = {"_": None, "gettext": None, "ngettext": (1, 2)}
SCRIPT = {"t": None}
WAYS = (("*.py", "python", PYTHON), ("*.html", "jinja2", TEMPLATE), ("*.js", "javascript", SCRIPT))
CONSOLE_ALONE = (
    "desk/presentation/feedback.py",
    "integration/access/",
    "integration/console/",
    "integration/form/",
    "integration/slack/",
    "integration/web/layout.py",
    "integration/web/templates/",
    "integration/zendesk/provider.py",
    "workers/attention.py",
    "workers/audit.py",
)
"""What the page in Zendesk never shows."""


def extract_messages(*, for_sidebar: bool = False) -> Catalog:
    """Every sentence that pages show; or those of the page in Zendesk alone."""
    catalogue = Catalog(project="Firstline", charset="utf-8", fuzzy=False)
    for place, msgid in _found():
        if not (for_sidebar and place.startswith(CONSOLE_ALONE)):
            catalogue.add(msgid, locations=[(place, 0)])
    return catalogue


def update_catalogue(path: Path) -> None:
    """One language's file."""
    with path.open("rb") as file:
        known = read_po(file, locale=path.stem, abort_invalid=True)
    known.update(extract_messages(for_sidebar=is_for_sidebar(path)), no_fuzzy_matching=True, update_creation_date=False)
    head = path.read_text(encoding="utf-8").partition("\n\n")[0]
    body = io.BytesIO()
    write_po(body, known, 120, omit_header=True, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
    path.write_text(f"{head}\n\n{body.getvalue().decode().strip()}\n", encoding="utf-8")


def _found() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for pattern, way, keywords in WAYS:
        for file in sorted(path for room in ROOMS for path in (ROOT / room).rglob(pattern)):
            place = file.relative_to(ROOT).as_posix()
            for _, msgid, _, _ in extract_from_file(way, str(file), keywords):
                if msgid:
                    yield place, msgid


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.po")):
        update_catalogue(path)
