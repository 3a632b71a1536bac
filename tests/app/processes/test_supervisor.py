"""The supervisor, with real processes: nothing is left behind, whoever dies."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from app.embedded.places import Lock, runtime
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from app.os_process import Program, birth, launch, until
from app.processes.supervisor import Backoff, Child, Supervisor
from app.processes.terminal import Terminal
from desk.errors import BadSetting, Temporary

ROOT = Path(__file__).parents[3]
PRETEND = Path(__file__).parents[1] / "pretend_up.py"
CHILDREN = ("postgres", "redis", "worker", "deaf")


def sh(name: str, script: str, **more: object) -> Child:
    """A child that is a shell script."""
    return Child(name, lambda: Program(("sh", "-c", script), {"PATH": os.environ["PATH"]}), **more)  # type: ignore[arg-type]  # keywords of Child


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(out: io.StringIO, tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(Terminal(out), tmp_path / "run", Backoff(first=0.01, most=0.04)) as supervisor:
        yield supervisor


def tended(supervisor: Supervisor, holds: Callable[[], object], seconds: float = 10) -> bool:
    """Tend until something holds."""

    def look() -> object:
        supervisor.tend()
        return holds()

    return until(look, seconds, 0.005)


@contextmanager
def pretend_up(data_dir: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """`pretend_up.py` as a process of its own, up and ready."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
    argv = (sys.executable, str(PRETEND), str(data_dir), *more)
    ignored = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup, which a child inherits
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=env, text=True) as process:
        signal.signal(signal.SIGHUP, ignored)
        try:
            assert process.stdout
            awaited = {"ready\n", "deaf      | deaf\n"}
            while awaited and (line := process.stdout.readline()):
                awaited.discard(line)
            assert not awaited
            yield process
        finally:
            left = family(process) if process.poll() is None else []
            process.kill()
            for stray in left:
                with suppress(psutil.NoSuchProcess):
                    stray.kill()


def recorded(data_dir: Path) -> dict[str, int]:
    """The pids of the children that run now."""
    return {name: int((data_dir / "run" / name).read_text().split()[0]) for name in CHILDREN}


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def all_gone(processes: list[psutil.Process], seconds: float = 10) -> bool:
    return until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes), seconds)


def test_each_line_of_a_child_stands_under_its_name(supervisor: Supervisor, out: io.StringIO) -> None:
    supervisor.start(sh("web", "echo one; echo two >&2; sleep 1000"))
    assert tended(supervisor, lambda: out.getvalue().count("\n") == 2)
    assert out.getvalue() == "web       | one\nweb       | two\n"


def test_a_child_that_dies_at_once_is_started_again_ever_later(supervisor: Supervisor, out: io.StringIO) -> None:
    supervisor.start(sh("web", "exit 3"))
    assert tended(supervisor, lambda: out.getvalue().count("\n") == 4)
    said = [line.rpartition("in ")[2] for line in out.getvalue().splitlines()]
    assert said == ["0.01 s", "0.02 s", "0.04 s", "0.04 s"]
    assert "web ended with code 3" in out.getvalue()


def test_the_back_off_doubles_to_half_a_minute_and_no_further() -> None:
    assert [Backoff().seconds(n) for n in (1, 2, 3, 6, 7, 5000)] == [0.5, 1, 2, 16, 30, 30]


def test_a_child_that_lived_long_enough_starts_again_from_the_shortest_pause(out: io.StringIO, tmp_path: Path) -> None:
    with Supervisor(Terminal(out), tmp_path, Backoff(first=0.01, settled=0)) as supervisor:
        supervisor.start(sh("web", "exit 1"))
        assert tended(supervisor, lambda: out.getvalue().count("\n") == 3)
    assert out.getvalue().count("in 0.01 s") == 3


def test_a_killed_child_is_replaced_by_another_process(supervisor: Supervisor, out: io.StringIO) -> None:
    supervisor.start(sh("web", "sleep 1000"))
    first = supervisor.pid("web")
    assert first
    os.kill(first, signal.SIGKILL)
    assert tended(supervisor, lambda: supervisor.pid("web") not in (None, first))
    assert "web was killed by SIGKILL" in out.getvalue()


def test_what_a_dead_child_had_started_dies_with_it(supervisor: Supervisor, out: io.StringIO) -> None:
    supervisor.start(sh("web", "sleep 1000 & echo $!; wait"))
    assert tended(supervisor, lambda: "\n" in out.getvalue())
    grandchild, parent = int(out.getvalue().split()[-1]), supervisor.pid("web")
    assert parent
    os.kill(parent, signal.SIGKILL)
    assert tended(supervisor, lambda: birth(grandchild) is None)


def test_a_failure_before_a_second_start_is_said_and_tried_again(
    supervisor: Supervisor, out: io.StringIO, tmp_path: Path
) -> None:
    faults: list[Exception | None] = [None, Temporary("still in use"), None]

    def before() -> None:
        fault = faults.pop(0) if faults else None
        if fault:
            raise fault

    supervisor.start(sh("db", f"cd {tmp_path}; test -e done || {{ touch done; exit 1; }}; sleep 1000", before=before))
    assert tended(supervisor, lambda: not faults and supervisor.pid("db"))
    assert "db still in use; starting it again in 0.02 s" in out.getvalue()


def test_waiting_for_a_child_that_keeps_dying_ends_with_an_error(supervisor: Supervisor) -> None:
    supervisor.start(sh("web", "exit 1", ready=lambda: False))
    with pytest.raises(Temporary, match="web does not come up; its lines above may say why"):
        supervisor.wait("web", 30)


def test_a_program_that_is_missing_is_a_death_with_a_reason(supervisor: Supervisor, out: io.StringIO) -> None:
    supervisor.start(Child("web", lambda: Program(("no-such-program",))))
    assert tended(supervisor, lambda: "code 127" in out.getvalue())
    assert "no-such-program: No such file" in out.getvalue()


def test_higher_floors_stop_first_and_the_deaf_are_killed_with_all_theirs(out: io.StringIO, tmp_path: Path) -> None:
    polite = "trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.01; done"
    order: list[str] = []
    with Supervisor(Terminal(out), tmp_path / "run") as supervisor:
        supervisor.start(sh("db", polite, floor=0, after=lambda: order.append("db")))
        supervisor.start(sh("web", polite, after=lambda: order.append("web")))
        supervisor.start(
            sh("deaf", "trap '' TERM; sleep 1000 & echo up; wait; wait", grace=0.1, after=lambda: order.append("deaf"))
        )
        assert tended(supervisor, lambda: out.getvalue().count("up") == 3)
        group = [psutil.Process(supervisor.pid(name)) for name in ("db", "web", "deaf")]
        group += group[2].children()
    assert order == ["web", "deaf", "db"]
    assert out.getvalue().count("bye") == 2
    assert all_gone(group, 1)
    assert list((tmp_path / "run").iterdir()) == []


def test_the_handlers_of_signals_are_as_before_afterwards(tmp_path: Path) -> None:
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)]
    with Supervisor(Terminal(io.StringIO()), tmp_path):
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)] == before


def test_a_stray_of_an_earlier_run_is_ended_and_a_stranger_with_its_pid_is_not(tmp_path: Path) -> None:
    records = tmp_path / "run"
    records.mkdir()
    stray, stranger = launch(Program(("sleep", "1000"))), launch(Program(("sleep", "1000")))
    mark = birth(stray.pid)
    (records / "web").write_text(f"{stray.pid}\n{int(signal.SIGTERM)}\n5.0\n{mark}\n")
    (records / "beat").write_text(f"{stranger.pid}\n{int(signal.SIGTERM)}\n5.0\nborn at another time\n")
    (records / "worker").write_text("\0 nonsense")
    with Supervisor(Terminal(io.StringIO()), records):
        assert stray.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
    assert list(records.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a group cannot be told from a later one")
def test_what_a_dead_stray_had_started_is_ended_too(tmp_path: Path) -> None:
    records = tmp_path / "run"
    records.mkdir()
    with launch(Program(("sh", "-c", "sleep 1000 & echo $!")), subprocess.PIPE) as leader:
        assert leader.stdout
        mark, grandchild = birth(leader.pid), int(leader.stdout.readline())
        leader.wait()
        (records / "web").write_text(f"{leader.pid}\n15\n5.0\n{mark}\n")
        assert birth(grandchild)
        with Supervisor(Terminal(io.StringIO()), records):
            assert until(lambda: birth(grandchild) is None, 5)


def test_nobody_reading_our_output_stops_nothing(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as pipe:
        os.close(reader)
        with Supervisor(Terminal(pipe), tmp_path / "run") as supervisor:
            supervisor.start(sh("web", f"yes | head -c 200000; touch {tmp_path}/done; sleep 1000"))
            assert tended(supervisor, lambda: (tmp_path / "done").exists())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process_and_leaves_no_lock(data_dir: Path, number: signal.Signals) -> None:
    with pretend_up(data_dir) as process:
        processes = family(process)
        assert len(processes) > len(CHILDREN)
        process.send_signal(number)
        assert process.wait(20) == 0
    assert all_gone(processes, 0)
    assert not runtime(data_dir).exists()
    assert [p.name for p in data_dir.rglob("lock")] == []


def test_the_second_ctrl_c_has_no_patience(data_dir: Path) -> None:
    with pretend_up(data_dir, "1000") as process:
        processes = family(process)
        process.send_signal(signal.SIGINT)
        assert until(lambda: not psutil.pid_exists(recorded_or_zero(data_dir, "worker")), 10)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert all_gone(processes, 0)


def recorded_or_zero(data_dir: Path, name: str) -> int:
    try:
        return int((data_dir / "run" / name).read_text().split()[0])
    except (OSError, IndexError):  # or it is just being written
        return 0


def test_after_kill_nine_of_the_supervisor_the_next_start_works_on_the_same_data(data_dir: Path) -> None:
    url = EmbeddedPostgres(data_dir).superuser_url
    with pretend_up(data_dir) as process:
        processes = family(process)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        process.kill()
        process.wait()
        with pretend_up(data_dir) as second:
            assert all_gone(processes)
            with psycopg.connect(url) as connection:
                assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
            second.send_signal(signal.SIGTERM)
            assert second.wait(20) == 0


def test_a_second_start_on_the_same_data_is_refused_with_the_pid(data_dir: Path) -> None:
    with pretend_up(data_dir) as process:
        with pytest.raises(BadSetting, match=f"in use by process {process.pid}: "):
            Lock(data_dir).acquire()
        with pytest.raises(BadSetting, match=f"postgres is in use by process {process.pid}: "):
            EmbeddedPostgres(data_dir).start()
        assert EmbeddedPostgres(data_dir).ready()


def test_killed_servers_come_back_under_the_same_urls(data_dir: Path) -> None:
    with pretend_up(data_dir) as process:
        before = recorded(data_dir)
        os.kill(before["postgres"], signal.SIGKILL)
        os.kill(before["redis"], signal.SIGKILL)
        assert until(lambda: recorded_or_zero(data_dir, "postgres") not in (0, before["postgres"]), 10)
        assert until(EmbeddedPostgres(data_dir).ready, 20)
        assert until(EmbeddedRedis(data_dir).ready, 20)
        with redis.Redis.from_url(EmbeddedRedis(data_dir).client_url) as client:
            assert client.ping()
        assert process.poll() is None


def test_two_installations_run_side_by_side(data_dir: Path, bare_postgres: EmbeddedPostgres) -> None:
    with pretend_up(data_dir):
        assert EmbeddedPostgres(data_dir).url != bare_postgres.url
        assert EmbeddedPostgres(data_dir).ready()
        assert bare_postgres.ready()
