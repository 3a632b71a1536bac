"""A page is completed by what its folder knows: the values of variables, and the snippets that it includes."""

from pathlib import Path

import pytest

from desk.pages import Page
from knowledge.sources.files import site
from knowledge.sources.folder import Folder


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def body(root: Path, page_id: str = "page.md") -> str:
    [page] = [page for page in Folder(root).pages(lambda _: None) if page.id == page_id]
    assert isinstance(page, Page)
    return page.body


@pytest.mark.parametrize(
    ("front_matter", "text"),
    [
        ("fee: €7", "It costs {{ page.fee }}."),
        ("fee: €7", "It costs {{page.meta.fee}}."),
        ("fee: €7", "It costs {{ $frontmatter.fee }}."),
        ("fee: €7", "It costs {frontMatter.fee}."),
        ("fee: €7", 'It costs {{< param "fee" >}}.'),
        ("vars:\n  fee: €7", "It costs {vars.fee}."),
        ("vars:\n  fee: €7", '<code class="expression">page.vars.fee</code>'),
        ("fees:\n  solo: €7", "It costs {{ page.fees.solo | escape }}."),
    ],
)
def test_a_variable_of_the_front_matter_is_filled_in(tmp_path: Path, front_matter: str, text: str) -> None:
    write(tmp_path, {"page.md": f"---\n{front_matter}\n---\n{text}"})
    assert "€7" in body(tmp_path)
    assert "{" not in body(tmp_path)


@pytest.mark.parametrize(
    ("name", "settings", "text"),
    [
        ("_config.yml", "fee: €7", "It costs {{ site.fee }}."),
        ("_data/fees.yml", "solo: €7", "It costs {{ site.data.fees.solo }}."),
        ("mkdocs.yml", "plugins: !!python/name:x\nextra:\n  fee: €7", "It costs {{ extra.fee }} or {{ fee }}."),
        ("docs.json", '{"variables": {"fee": "€7"}}', "It costs {{fee}}."),
        ("hugo.toml", '[params]\nfee = "€7"', "It costs {{< param fee >}}."),
        (".gitbook/vars.yaml", "fee: €7", '<code class="expression">space.vars.fee</code>'),
    ],
)
def test_a_variable_of_the_sites_settings_is_filled_in(tmp_path: Path, name: str, settings: str, text: str) -> None:
    write(tmp_path, {name: settings, "page.md": text})
    assert "€7" in body(tmp_path)
    assert "{" not in body(tmp_path)


def test_a_variable_stays_as_it_is_when_unknown_in_code_or_of_another_scope(tmp_path: Path) -> None:
    text = "It costs {{ site.fee }} or {{ page.tax }}.\n\n`{{ page.fee }}`\n\n```\n{{ page.fee }}\n```\n"
    write(tmp_path, {"page.md": f"---\nfee: €7\n---\n{text}"})
    assert body(tmp_path) == text


@pytest.mark.parametrize("settings", ["a: [", "- a", "", "a: &a [*a]\n"])
def test_settings_that_cannot_be_read_cost_no_page(tmp_path: Path, settings: str) -> None:
    write(tmp_path, {"_config.yml": settings, "mkdocs.yml": settings, "docs.json": settings, "page.md": "{{ x }}"})
    assert body(tmp_path) == "{{ x }}"


@pytest.mark.parametrize(
    ("snippet", "text"),
    [
        ("shared.md", '--8<-- "shared.md"'),
        ("includes/shared.md", "{!shared.md!}"),
        ("_includes/shared.html", "{% include shared.html %}"),
        ("snippets/shared.mdx", '<Snippet file="shared.mdx" />'),
        ("snippets/shared.mdx", "import Shared from '/snippets/shared.mdx';\n\n<Shared />"),
        ("_shared.mdx", "import Shared from './_shared.mdx';\n\n<Shared />"),
        ("parts/shared.md", "<!--@include: ./parts/shared.md-->"),
        ("includes/shared.md", "[!INCLUDE [shared](./includes/shared.md)]"),
    ],
)
def test_a_snippet_stands_where_it_is_included(tmp_path: Path, snippet: str, text: str) -> None:
    write(tmp_path, {snippet: "---\ntitle: x\n---\nIt costs €7.", "page.md": f"Before.\n\n{text}\n\nAfter."})
    found = body(tmp_path)
    assert found.index("Before.") < found.index("It costs €7.") < found.index("After.")
    assert "title:" not in found


def test_what_lies_outside_the_folder_or_is_a_draft_is_not_included(tmp_path: Path) -> None:
    write(tmp_path, {"secret.md": "Secret.", "root/soon.md": "---\ndraft: true\n---\nSecret."})
    write(tmp_path / "root", {"page.md": '--8<-- "../secret.md"\n\n--8<-- "soon.md"\n\n--8<-- "/etc/passwd"\n\nText.'})
    (tmp_path / "root/link.md").symlink_to(tmp_path / "secret.md")
    assert "Secret" not in body(tmp_path / "root")


def test_snippets_that_include_each_other_come_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"page.md": '--8<-- "page.md"\n--8<-- "page.md"\n', "big.md": '--8<-- "text.md"\n' * 100})
    write(tmp_path, {"text.md": "x" * 1000})
    assert len(body(tmp_path)) < 10_000
    monkeypatch.setattr(site, "MOST_CHARACTERS", 5000)
    assert len(body(tmp_path, "big.md")) < 10_000
