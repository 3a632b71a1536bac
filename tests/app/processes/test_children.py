"""What the processes of `up` are given: a socket, and the settings they need."""

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.processes.children import children, environment, listen
from desk.errors import BadSetting
from desk.platform.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    settings = read_settings(port=0, data_dir=tmp_path, answer_concurrency=7)
    secrets = {"database_url": "postgresql://a@/b", "database_owner_url": "postgresql://owner@/b", "keys": "secret"}
    return settings.model_copy(update={name: SecretStr(value) for name, value in secrets.items()})


def test_the_processes_get_every_setting_spelled_out(settings: Settings) -> None:
    env = environment(settings)
    assert env["DATABASE_URL"] == "postgresql://a@/b"
    assert env["FIRSTLINE_KEYS"] == "secret"
    assert env["FIRSTLINE_DATA_DIR"] == str(settings.data_dir)
    assert env["FIRSTLINE_DEMO"] == "False"
    assert env["PATH"] == os.environ["PATH"]


def test_no_process_gets_the_url_of_the_owner(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@/b")
    assert not any("owner@" in value for value in environment(settings).values())
    assert "DATABASE_OWNER_URL" not in environment(settings)


@pytest.mark.loopback
def test_a_taken_port_stops_the_start_and_names_the_variable(settings: Settings) -> None:
    with closing(listen(settings)) as holder:
        taken = settings.model_copy(update={"port": holder.getsockname()[1]})
        with pytest.raises(BadSetting, match=r"FIRSTLINE_PORT: cannot listen on 127\.0\.0\.1"):
            listen(taken)


@pytest.mark.loopback
def test_in_the_demo_a_taken_port_that_nobody_asked_for_is_replaced_by_a_free_one(settings: Settings) -> None:
    with closing(listen(settings)) as holder:
        taken = settings.model_copy(update={"port": holder.getsockname()[1], "demo": True})
        with pytest.raises(BadSetting, match="Address already in use"):
            listen(taken)
        taken.model_fields_set.discard("port")
        with closing(listen(taken)) as other:
            assert other.getsockname()[1] not in (0, taken.port)


@pytest.mark.loopback
def test_a_host_that_is_not_ours_is_no_free_port_in_the_demo_either(settings: Settings) -> None:
    with pytest.raises(BadSetting, match=r"cannot listen on 192\.0\.2\.1"):
        listen(settings.model_copy(update={"host": "192.0.2.1", "demo": True}))


@pytest.mark.loopback
def test_the_web_server_inherits_our_socket_and_the_workers_do_not(settings: Settings) -> None:
    with closing(listen(settings)) as listener:
        programs = {child.name: child.program() for child in children(settings, listener)}
    assert list(programs) == ["web", "worker", "knowledge", "beat"]
    assert [name for name, program in programs.items() if program.handles] == ["web"]
    assert "-c" in programs["worker"].argv
    assert programs["worker"].argv[programs["worker"].argv.index("-c") + 1] == "7"


def test_the_names_of_the_nodes_stay_the_same_from_start_to_start(settings: Settings) -> None:
    def nodes() -> list[str]:
        with closing(socket.socket(socket.AF_UNIX)) as listener:
            found = [child.program().argv for child in children(settings, listener)]
        return [argv[argv.index("-n") + 1] for argv in found if "-n" in argv]

    assert nodes() == nodes()
    assert len(set(nodes())) == 2
