"""The command line: what there is to call, and what every way of failing says and returns."""

import os
import signal
import sys
from collections.abc import Sequence
from enum import IntEnum
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

import click

from newsarchive.commands import checks, init, loads, reads, search, serving, writes
from newsarchive.errors import (
    ArchiveError,
    ConfigError,
    DateError,
    MetadataError,
    QueryError,
    WriterBusyError,
)


class Exit(IntEnum):
    """What a command returns to the shell."""

    DONE = 0
    PROBLEMS = 1
    USAGE = 2
    BUSY = 3
    FAILED = 4


EPILOG = """\b
Exit codes:
  0  done
  1  check found errors or warnings
  2  a command, an option or a setting that cannot be meant
  3  another process is writing the archive
  4  the archive cannot be read or written

\b
Example:
  newsarchive init my-archive && cd my-archive && newsarchive serve --open
"""


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow

    try:
        click.echo(f"newsarchive {version('newsarchive')}")
    except PackageNotFoundError:
        click.echo("newsarchive, run from its source without being installed")
    context.exit()


@click.group(
    name="newsarchive",
    epilog=EPILOG,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="NEWSARCHIVE_CONFIG",
    metavar="PATH",
    help="The settings; else newsarchive.toml, here or in a folder above.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and leave.",
)
@click.pass_context
def newsarchive(context: click.Context, config: Path | None) -> None:  # noqa: ARG001 - commands read it when they need it
    """A folder of Markdown files becomes a news archive to read, search and subscribe to."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        context.color = False
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (
    init.init, writes.new, checks.check, reads.list_, loads.index, serving.serve, loads.watch,
    search.search, reads.config,
):  # fmt: skip
    newsarchive.add_command(_command)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name in an encoding of its own
    sys.exit(_run(args))


def _run(args: Sequence[str] | None) -> int:
    try:
        result = newsarchive.main(args, prog_name="newsarchive", standalone_mode=False)
        sys.stdout.flush()
    except ArchiveError as error:
        return _say(str(error), _code_of(error))
    except click.UsageError as error:
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        return _say(error.format_message().rstrip(".") + hint, Exit.USAGE)
    except click.ClickException as error:
        return _say(error.format_message(), Exit.USAGE)
    except click.Abort:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # who read our output has gone; Python would complain once more at its own end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"{where}{error.strerror or error}", Exit.FAILED)
    return result if isinstance(result, int) else Exit.DONE


def _code_of(error: ArchiveError) -> Exit:
    match error:
        case ConfigError() | QueryError() | DateError() | MetadataError():
            return Exit.USAGE
        case WriterBusyError():
            return Exit.BUSY
        case _:
            return Exit.FAILED


def _say(message: str, code: Exit) -> int:
    click.echo(f"newsarchive: {' '.join(message.split())}", err=True)
    return code
