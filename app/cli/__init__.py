"""The `firstline` command. Exit codes: 0 fine, 1 failed, 2 wrong usage, 75 try again later, 78 a setting is wrong."""

import os
import sys

import click

from app.bootstrap import VERSION, set_up_logs
from app.cli import knowledge, people, run, safekeeping, work
from desk.errors import BadSetting, FirstlineError, Temporary

EX_TEMPFAIL, EX_CONFIG = 75, 78  # sysexits.h


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="firstline")
def firstline() -> None:
    """Support automation you host yourself.

    `firstline demo` shows it with an example help centre; `firstline up` runs it on this machine; `firstline doctor`
    says what is missing. Settings come from the environment and from .env (see .env.example).
    """
    set_up_logs("WARNING")


for each in (run, knowledge, work, people, safekeeping):
    for command in each.COMMANDS:
        firstline.add_command(command)


def main() -> None:
    """Run the command; errors of ours become one clear line and an exit code."""
    try:
        firstline(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except FirstlineError as error:
        click.echo(f"firstline: {error}", err=True)
        sys.exit(EX_CONFIG if isinstance(error, BadSetting) else EX_TEMPFAIL if isinstance(error, Temporary) else 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
