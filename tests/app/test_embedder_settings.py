"""From settings to embedders and the reranker, and from the name of an old embedder back to one that can be asked."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.bootstrap import EMBEDDERS, find_embedder, make_dependencies, make_embedder
from desk.errors import BadSetting
from desk.platform.database import Database
from desk.platform.settings import Settings, read_settings
from knowledge.embedders.minilm import MiniLM
from knowledge.ingest.index_source import index_source
from knowledge.rerankers.providers import make_reranker
from knowledge.sources.folder import Folder
from tests.lookalikes.embeddings import KEY, Embeddings

Set = Callable[..., Settings]


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Set:
    """Settings out of an environment of these variables."""
    monkeypatch.chdir(tmp_path)

    def set_up(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return read_settings()

    return set_up


@pytest.fixture
def party() -> Iterator[Embeddings]:
    with Embeddings() as party:
        yield party


def test_without_a_word_it_is_the_one_in_the_box(set_up: Set) -> None:
    assert isinstance(make_embedder(set_up()), MiniLM)
    assert make_reranker(set_up()) is None


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"FIRSTLINE_EMBEDDER": "word2vec"}, "FIRSTLINE_EMBEDDER: must be one of minilm, voyage, openai"),
        ({"FIRSTLINE_EMBEDDER": "voyage"}, "VOYAGE_API_KEY"),
        ({"FIRSTLINE_EMBEDDER": "openai"}, "OPENAI_API_KEY"),
        ({"FIRSTLINE_EMBEDDER": "openai", "FIRSTLINE_EMBEDDER_URL": "localhost:1"}, "FIRSTLINE_EMBEDDER_URL"),
        ({"FIRSTLINE_EMBEDDER_DIMENSIONS": "5000"}, "FIRSTLINE_EMBEDDER_DIMENSIONS"),
        ({"FIRSTLINE_EMBEDDER_WINDOW": "10"}, "FIRSTLINE_EMBEDDER_WINDOW"),
        (
            {"FIRSTLINE_EMBEDDER": "voyage", "VOYAGE_API_KEY": "k", "FIRSTLINE_EMBEDDER_TOKENIZER": "none.json"},
            "FIRSTLINE_EMBEDDER_TOKENIZER",
        ),
        ({"FIRSTLINE_RERANKER_URL": "localhost:1"}, "FIRSTLINE_RERANKER_URL"),
    ],
)
def test_an_odd_setting_is_named(set_up: Set, variables: dict[str, str], named: str) -> None:
    with pytest.raises(BadSetting, match=named):
        make_embedder(set_up(**variables))


def test_a_key_is_not_in_what_a_person_may_see(set_up: Set) -> None:
    settings = set_up(
        VOYAGE_API_KEY="secret-1",
        OPENAI_API_KEY="secret-2",
        FIRSTLINE_RERANKER_API_KEY="secret-3",
        FIRSTLINE_OIDC_ISSUER="https://login.example",
        FIRSTLINE_OIDC_CLIENT_ID="desk",
        FIRSTLINE_OIDC_CLIENT_SECRET="secret-4",
    )
    assert "secret-" not in repr(settings)


@pytest.mark.loopback
@pytest.mark.parametrize("kind", ["voyage", "openai"])
def test_settings_reach_the_provider(set_up: Set, party: Embeddings, kind: str) -> None:
    path = "/voyage/v1/embeddings" if kind == "voyage" else "/v1/embeddings"
    settings = set_up(
        FIRSTLINE_EMBEDDER=kind,
        FIRSTLINE_EMBEDDER_URL=party.url + path,
        FIRSTLINE_EMBEDDER_MODEL="look-alike",
        FIRSTLINE_EMBEDDER_DIMENSIONS="24",
        FIRSTLINE_EMBEDDER_QUERY_PREFIX="query:",
        VOYAGE_API_KEY=KEY,
        OPENAI_API_KEY=KEY,
    )
    embedder = make_embedder(settings)
    assert embedder.name == f"{kind}:look-alike@24"
    assert len(embedder.embed_query("hello")) == embedder.dimensions == 24
    (effect,) = party.effects("embedded")
    assert (effect["model"], effect["size"]) == ("look-alike", 24)
    assert effect["texts"] == (["hello"] if kind == "voyage" else ["query:hello"])
    embedder._client.close()  # type: ignore[attr-defined]  # the test's own socket


@pytest.mark.loopback
def test_the_reranker_is_asked_where_the_setting_says(set_up: Set, party: Embeddings) -> None:
    reranker = make_reranker(set_up(FIRSTLINE_RERANKER_URL=f"{party.url}/v1/rerank", FIRSTLINE_RERANKER_API_KEY=KEY))
    assert reranker
    assert len(reranker.rerank("zebra", ["one", "two"])) == 2
    assert party.effects("reranked")[0]["model"] == "rerank-2.5"
    reranker._client.close()  # type: ignore[attr-defined]  # the test's own socket


@pytest.mark.parametrize(
    "name",
    [
        "minilm-l6-v2-int8",
        "voyage:voyage-3.5-lite",
        "voyage:voyage-4@256",
        "openai:text-embedding-3-large@1024",
        "openai:nomic-embed-text:v1.5",
        "openai:org/model-name@64",
    ],
)
def test_an_embedder_of_earlier_settings_is_found_by_its_name(set_up: Set, name: str) -> None:
    find = find_embedder(set_up(VOYAGE_API_KEY="k", OPENAI_API_KEY="k", FIRSTLINE_EMBEDDER_DIMENSIONS="64"))
    made = find(name)
    assert made
    assert made.name == name
    assert find(name) is made


@pytest.mark.parametrize("name", ["", "words", "voyage:", "cohere:embed-v4", "voyage:voyage-4", "openai:e5+0a1b2c3d"])
def test_one_that_these_settings_cannot_make_is_none(set_up: Set, name: str) -> None:
    assert find_embedder(set_up(OPENAI_API_KEY="k"))(name) is None


def test_one_with_the_document_prefix_of_now_is_found(set_up: Set) -> None:
    settings = set_up(OPENAI_API_KEY="k", FIRSTLINE_EMBEDDER_DOCUMENT_PREFIX="passage: ", FIRSTLINE_EMBEDDER="openai")
    name = make_embedder(settings).name
    assert "+" in name
    found = find_embedder(settings)(name)
    assert found
    assert found.name == name


def test_every_embedder_that_is_listed_is_in_the_example_settings() -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text(encoding="utf-8")
    line = next(line for line in example.splitlines() if line.startswith("# minilm"))
    assert all(name in line for name in EMBEDDERS)


def test_a_worker_loads_the_model_in_the_box_once(set_up: Set, database: Database) -> None:
    tools = make_dependencies(set_up(), database)
    assert tools.models[-1]._embedder is tools.embedder  # type: ignore[attr-defined]


@pytest.mark.loopback
def test_the_old_embedder_is_searched_with_until_the_new_one_has_settled(
    set_up: Set, party: Embeddings, database: Database, account: str, tmp_path: Path
) -> None:
    (tmp_path / "page.md").write_text("# Refunds\n\nA refund takes five days.", encoding="utf-8")
    index_source(database, account, Folder(tmp_path), MiniLM())
    tools = make_dependencies(
        set_up(
            FIRSTLINE_EMBEDDER="openai",
            FIRSTLINE_EMBEDDER_URL=f"{party.url}/v1/embeddings",
            FIRSTLINE_EMBEDDER_MODEL="look-16",
            OPENAI_API_KEY=KEY,
        ),
        database,
    )
    assert tools.models[-1]._embedder.name == MiniLM.name  # type: ignore[attr-defined]  # what it was fitted on
    assert tools.library.revision(account).startswith(f"{MiniLM.name}@")
    tools.sync(account)
    assert tools.library.revision(account).startswith("openai:look-16@")
    tools.embedder._client.close()  # type: ignore[attr-defined]  # the test's own socket
