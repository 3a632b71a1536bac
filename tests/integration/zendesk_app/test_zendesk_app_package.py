"""The app's package by Zendesk's own rules (github.com/zendesk/zendesk_apps_support, lib/.../validations)."""

import io
import json
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from docs.logos import ASSETS, SIZES, draw
from integration.zendesk.sidebar import package
from integration.zendesk.sidebar.package import ROOT, app_files, build_app, fingerprint

LOCALE = re.compile(r"[a-z]{2}(-\w{2,3})?")
LANGUAGES = {"en", "de", "es", "fr", "pt-BR", "ja"}
PARAMETER_TYPES = {"text", "password", "checkbox", "url", "number", "multiline", "hidden", "oauth"}
KNOWN_FIELDS = {"name", "author", "version", "frameworkVersion", "defaultLocale", "private", "singleInstall"} | {
    *("signedUrls", "location", "parameters", "domainWhitelist", "termsConditionsURL")
}
MOST_BYTES = 2_000_000
"""Of a private app's zip."""
SUSPICIOUS = re.compile(r"pass|secret|auth_?key|auth_user|authuser|username|api_key", re.IGNORECASE)
"""What Zendesk takes for a sign of secrets, as far as it reads; it warns whoever uploads the app."""
PUBLIC_KEYS = {"name", "short_description", "long_description", "installation_instructions"}


def packed() -> dict[str, bytes]:
    """What the zip holds, by path."""
    with zipfile.ZipFile(io.BytesIO(build_app())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """The manifest; a key that comes twice is refused."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    found: dict[str, Any] = json.loads(packed()["manifest.json"], object_pairs_hook=once)
    return found


def test_the_zip_holds_just_what_zendesk_wants_and_is_the_same_each_time() -> None:
    names = {"manifest.json", "assets/logo.png", "assets/logo-small.png"}
    assert set(packed()) == names | {f"translations/{language}.json" for language in LANGUAGES}
    assert build_app() == build_app()


def test_the_manifest_has_the_fields_that_must_be_there_and_none_that_zendesk_does_not_know(
    manifest: dict[str, Any],
) -> None:
    assert set(manifest) <= KNOWN_FIELDS
    assert manifest["frameworkVersion"] == "2.0"
    assert all(isinstance(manifest[name], bool) for name in ("private", "singleInstall", "signedUrls"))
    assert all(isinstance(manifest[name], str) for name in ("name", "version", "defaultLocale"))
    assert all(isinstance(manifest["author"][name], str) for name in ("name", "email", "url"))
    assert urlsplit(manifest["author"]["url"]).scheme == "https"


def test_the_zip_holds_plain_files_of_kinds_that_zendesk_takes_within_its_size() -> None:
    with zipfile.ZipFile(io.BytesIO(build_app())) as archive:
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}  # no link among them
        assert {Path(entry.filename).suffix for entry in archive.infolist()} == {".json", ".png"}
    assert len(build_app()) < MOST_BYTES


def test_everything_is_served_by_us_so_that_no_code_of_the_zips_is_looked_at(manifest: dict[str, Any]) -> None:
    assert not any(re.search(r"\.(js|html|hdbs|s?css|svg)$", name) for name in packed())
    assert not {"requirements.json", "assets/banner.png"} & set(packed())
    assert not manifest.keys() & {"noTemplate", "requirementsOnly", "marketingOnly", "experiments", "oauth"}


def test_who_looks_is_proven(manifest: dict[str, Any]) -> None:
    assert manifest["signedUrls"] is True


def test_the_page_is_on_our_own_server_by_https(manifest: dict[str, Any]) -> None:
    assert list(manifest["location"]) == ["support"]
    (location,) = manifest["location"]["support"].items()
    assert location[0] == "ticket_sidebar"
    assert isinstance(location[1]["flexible"], bool)
    assert location[1]["url"] == "https://{{setting.address}}/zendesk/sidebar/{{setting.account}}"


def test_every_setting_is_a_parameter_that_zendesk_accepts(manifest: dict[str, Any]) -> None:
    parameters = manifest["parameters"]
    names = [each["name"] for each in parameters]
    assert len(set(names)) == len(names)
    assert "name" not in names
    assert {each["type"] for each in parameters} <= PARAMETER_TYPES
    assert all(isinstance(each[flag], bool) for each in parameters for flag in ("required", "secure"))
    assert not any(each["type"] == "hidden" and each["required"] for each in parameters)
    assert not any(re.search("token|key|pwd|password", each["name"], re.IGNORECASE) for each in parameters)
    assert not any(each["secure"] and ("default" in each or not each.get("scopes")) for each in parameters)
    location = manifest["location"]["support"]["ticket_sidebar"]["url"]
    assert set(re.findall(r"\{\{setting\.(\w+)\}\}", location)) == set(names)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_all_words(manifest: dict[str, Any], language: str) -> None:
    assert LOCALE.fullmatch(language)
    words = json.loads(packed()[f"translations/{language}.json"])
    assert set(words) == {"app"}
    assert set(words["app"]) == PUBLIC_KEYS | {"parameters"}
    assert "package" not in words["app"]
    assert all(isinstance(words["app"][key], str) and words["app"][key].strip() for key in PUBLIC_KEYS)
    assert set(words["app"]["parameters"]) == {each["name"] for each in manifest["parameters"]}
    assert all(set(each) == {"label", "helpText"} for each in words["app"]["parameters"].values())


def test_the_default_language_is_there(manifest: dict[str, Any]) -> None:
    assert f"translations/{manifest['defaultLocale']}.json" in packed()


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_the_logos_are_pngs_of_the_size_that_zendesk_wants_and_as_they_are_drawn(name: str, size: int) -> None:
    logo = packed()[f"assets/{name}"]
    assert logo[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", logo[16:24]) == (size, size)
    assert {"logo.png": 320, "logo-small.png": 128}[name] == size
    assert (ASSETS / name).read_bytes() == logo
    assert zlib.decompress(logo[41:-16]) == zlib.decompress(draw(size)[41:-16])


def test_no_secret_is_in_the_package() -> None:
    secret = re.compile(rb"(?i)api[_-]?key|BEGIN [A-Z ]*PRIVATE KEY|xox[bp]-|sk-[a-z]")
    assert [name for name, content in packed().items() if secret.search(content)] == []
    words = {name: content.decode() for name, content in packed().items() if name.endswith(".json")}
    assert [name for name, text in words.items() if SUSPICIOUS.search(text)] == []


def test_another_file_makes_another_fingerprint_and_the_same_ones_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = fingerprint()
    assert fingerprint() == before
    for file in app_files():
        target = tmp_path / file.relative_to(ROOT)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(file.read_bytes())
    monkeypatch.setattr(package, "ROOT", tmp_path)
    assert fingerprint() == before
    (tmp_path / "translations" / "de.json").write_text("{}", encoding="utf-8")
    assert fingerprint() != before


def test_the_version_is_the_products(manifest: dict[str, Any]) -> None:
    assert f'version = "{manifest["version"]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
