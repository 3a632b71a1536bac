"""The `firstline` command. Exit codes: 0 fine, 1 failed, 2 wrong usage, 75 try again later, 78 a setting is wrong."""

import importlib
import logging
import os
import signal
import sys
from collections.abc import Mapping
from types import FrameType, TracebackType

import click

from desk.errors import BadSetting, FirstlineError, Temporary
from desk.text.tokenizer import clean

EX_TEMPFAIL, EX_CONFIG, EX_INTERRUPTED = 75, 78, 130  # sysexits.h; 128 + SIGINT

COMMANDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Run": {
        "demo": ("app.cli.run:demo", "Try everything, with an example help centre."),
        "up": ("app.cli.run:up", "Run everything on this machine."),
        "doctor": ("app.cli.doctor:doctor", "Say what is fine, missing, stopped or wrong."),
    },
    "Knowledge": {
        "sources": ("app.cli.knowledge.sources:sources", "Where documents come from: add, list, sync, remove."),
        "index": ("app.cli.knowledge.index:index_folder", "Index a folder of pages, and keep in step with it."),
        "reindex": ("app.cli.knowledge.index:reindex", "Bring the index in step with all sources."),
        "forget": ("app.cli.knowledge.index:forget", "Remove a source and its documents."),
        "search": ("app.cli.knowledge.index:search", "Show the passages for a query, with their scores."),
        "gaps": ("app.cli.knowledge.gaps:gaps", "List the questions that no document answers."),
        "knowledge": ("app.cli.knowledge.evaluation:knowledge", "Measure how well questions find their documents."),
    },
    "Work": {
        "ask": ("app.cli.ask:ask", "Show what would become of a question, and why."),
        "items": ("app.cli.items:items", "List what came in, and what became of it."),
        "feedback": ("app.cli.feedback:feedback", "Count what agents made of drafts, and which replies helped."),
        "recall": ("app.cli.knowledge.recall:recall", "List what was said by a document, and leave corrections."),
        "replay": ("app.cli.replay:replay", "Have parked items worked on again: one, or many."),
        "pause": ("app.cli.items:pause", "Stop everything public from leaving."),
        "resume": ("app.cli.items:resume", "Let replies leave again."),
        "policy": ("app.cli.setup.policy:policy", "Check the policy: what may be done alone."),
    },
    "People": {
        "accounts": ("app.cli.setup.people:accounts", "The accounts of this installation."),
        "users": ("app.cli.setup.people:users", "Who may sign in to the console."),
        "tokens": ("app.cli.setup.people:api_tokens", "Bearer tokens for the API."),
        "keys": ("app.cli.setup.keys:keys", "The keys that bodies are sealed with."),
    },
    "Outside": {
        "connect": ("app.cli.setup.connect:connect", "Connect an account to Zendesk, Slack, ..."),
        "connections": ("app.cli.setup.connections:list_connections", "List what an account is connected to."),
        "disconnect": ("app.cli.setup.disconnect:disconnect", "Remove what was made at a party, and forget it."),
    },
    "Safekeeping": {
        "migrate": ("app.cli.backup:migrate_database", "Bring the database up to date."),
        "backup": ("app.cli.backup:make_backup", "Write everything into one file, while work goes on."),
        "restore": ("app.cli.backup:restore_backup", "Put a backup in the place of what is here."),
    },
}
"""Under its heading, by its name: where a command is, and its line in the help. A command's file is read when it is
called, so that none waits for what only others need."""


class Commands(click.Group):
    """The table above as a click group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return [name for group in COMMANDS.values() for name in group]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Read the command's file."""
        for group in COMMANDS.values():
            if cmd_name in group:
                module, _, attribute = group[cmd_name][0].partition(":")
                command = getattr(importlib.import_module(module), attribute)
                assert isinstance(command, click.Command)  # noqa: S101  # the table says so, and a test
                return command
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, and with a name that comes near."""
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Under their headings, from the table alone."""
        for heading, group in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<8}", line) for name, (_, line) in group.items()])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
@click.version_option(package_name="firstline", prog_name="firstline")
def firstline() -> None:
    """Support automation you host yourself.

    `firstline demo` shows it with an example help centre; `firstline up` runs it on this machine; `firstline doctor`
    says what is missing. Settings come from the environment and from .env (see .env.example).

    Exit codes: 0 fine, 1 failed, 2 wrong usage, 75 try again later, 78 a setting is wrong.
    """
    import structlog  # here, because the help needs none

    # Commands say what they did; a log beside it would say it twice.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def main() -> None:
    """Run the command; errors of ours become one clear line and an exit code."""
    sys.excepthook = _report_fault
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _exit_on_signal)
    try:
        code = firstline(standalone_mode=False, prog_name="firstline")
        sys.stdout.flush()  # a reader that is gone shows here at the latest
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _print_error("stopped")
        sys.exit(EX_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except FirstlineError as error:
        _print_error(str(error))
        sys.exit(EX_CONFIG if isinstance(error, BadSetting) else EX_TEMPFAIL if isinstance(error, Temporary) else 1)
    except OSError as error:
        place = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        _print_error(f"{place}{error.strerror or error}")
        sys.exit(1)


def _print_error(message: str) -> None:
    click.echo(f"firstline: {clean(message)}", err=True)


def _exit_on_signal(signal_number: int, frame: FrameType | None) -> None:
    """Unwind, so that the servers that were started for the command stop and half files go."""
    sys.exit(128 + signal_number)


def _report_fault(error_class: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """A fault of ours: where it was, and no word of what customers wrote."""
    from app.logs import frames

    click.echo(f"{frames(error)}\nfirstline: this is a fault in Firstline; please report the lines above", err=True)
