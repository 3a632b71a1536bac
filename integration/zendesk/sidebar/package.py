"""The app's zip, as Zendesk takes it: `manifest.json`, `assets/` and `translations/` of the repository's root.

    python -m integration.zendesk.sidebar.package build/firstline-zendesk-app.zip

The same files give the same bytes. Address and account are settings that Zendesk asks for when the app is installed.
"""

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PATTERNS = ("manifest.json", "assets/*.png", "translations/*.json")
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""


def app_files() -> Iterator[Path]:
    """What belongs into the zip, in order."""
    for pattern in PATTERNS:
        yield from sorted(ROOT.glob(pattern))


def build_app() -> bytes:
    """The zip."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in app_files():
            entry = zipfile.ZipInfo(file.relative_to(ROOT).as_posix(), LONG_AGO)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return content.getvalue()


def fingerprint() -> str:
    """The same for the same files, however they were packed."""
    digest = hashlib.sha256()
    for file in app_files():
        digest.update(f"{file.relative_to(ROOT).as_posix()}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def read_manifest() -> dict[str, Any]:
    """What the app says of itself."""
    manifest: dict[str, Any] = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    return manifest


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(build_app())
    print(f"{target}: {target.stat().st_size:,} bytes")
