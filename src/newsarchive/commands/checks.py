"""``check``: every problem, as a good compiler tells it."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsarchive.commands import terminal

if TYPE_CHECKING:
    from newsarchive.checking import Report
    from newsarchive.config import Config
    from newsarchive.entry import Problem

_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
#: columns of a line of a file that are shown; of a longer one, those around the place
_WINDOW = 100


@click.command(
    epilog="""\b
Exit code 1 when there are errors or warnings, 0 when there are none or only notes.

\b
Examples:
  newsarchive check
  newsarchive check articles/2023/affaire-altman
  newsarchive check --json | jq '.problems[] | select(.severity == "error")'
"""
)
@click.option("--fix", is_flag=True, help="First write the ids that are missing; nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.pass_context
def check(context: click.Context, fix: bool, as_json: bool, paths: tuple[Path, ...]) -> None:
    """Say what is wrong, where, and what to do.

    Files that cannot be read, broken links, images without words, ids and addresses that two
    entries claim, keys without a meaning, and more. Links to other sites are not visited.
    PATH limits it to files and folders.
    """
    from datetime import UTC, datetime

    from newsarchive import checking

    config = terminal.settings(context)
    only = tuple(_inside(config, path) for path in paths)
    if fix:
        fixed = checking.fix(config, datetime.now(UTC), only)
        click.echo(f"ids written in {terminal.counted(len(fixed), 'file')}", err=as_json)
    with terminal.progress("checking") as progress:
        report = checking.check(config, datetime.now(UTC), only, progress)
    if as_json:
        problems = [_document(each, config) for each in report.problems]
        click.echo(terminal.as_json({"problems": problems}))
    else:
        _print(report, config)
    sys.stdout.flush()
    context.exit(any(each.severity != "note" for each in report.problems))


def _inside(config: "Config", path: Path) -> str:
    """A path as given, relative to the articles folder."""
    whole = path.resolve()
    if not whole.exists():
        raise click.ClickException(f"{path}: no such file or folder")
    if not whole.is_relative_to(config.articles_dir.resolve()):
        raise click.ClickException(f"{path}: not in the articles folder, {config.articles_dir}")
    return whole.relative_to(config.articles_dir.resolve()).as_posix()


def _document(problem: "Problem", config: "Config") -> dict[str, object]:
    return {
        "path": terminal.shown(config.articles_dir / problem.path),
        "line": problem.line,
        "severity": str(problem.severity),
        "message": problem.message,
        "remedy": problem.remedy,
    }


def _print(report: "Report", config: "Config") -> None:
    path, lines = "", []
    for problem in report.problems:
        if problem.path != path:
            path, lines = problem.path, _lines(config, problem.path)
        line = lines[problem.line - 1] if problem.line <= len(lines) else ""
        for said in _told(problem, terminal.shown(config.articles_dir / path), line):
            click.echo(said)
    counts = Counter(str(each.severity) for each in report.problems)
    found = [
        terminal.counted(counts[severity], severity) for severity in _COLOURS if counts[severity]
    ]
    files = terminal.counted(report.files, "file")
    click.echo(f"{', '.join(found) or 'no problems'} in {files}")


def _lines(config: "Config", path: str) -> list[str]:
    from newsarchive import articles, checking

    try:
        return checking.lines(articles.read(config.articles_dir, path)[0])
    except OSError:
        return []  # the problem itself says that it cannot be read


def _told(problem: "Problem", path: str, line: str) -> Iterator[str]:
    colour = _COLOURS[problem.severity]
    where = click.style(f"{terminal.plain(path)}:{problem.line}:", bold=True)
    severity = click.style(f"{problem.severity}:", fg=colour, bold=True)
    yield f"{where} {severity} {terminal.plain(problem.message)}"
    if line.strip(" -+"):  # not the mark at which metadata begins
        shown, before, marked = _window(line, problem.message)
        yield f"    {shown}"
        if marked:
            yield "    " + " " * before + click.style("^" * marked, fg=colour)
    yield f"  = {terminal.plain(problem.remedy)}"


def _window(line: str, message: str) -> tuple[str, int, int]:
    """What to show of a line, how far in the message's subject stands there, and how wide it is.

    The subject is what precedes the first ": " of a message: a key, an address as written.
    """
    subject = message.partition(": ")[0] if ": " in message else ""
    edges = ["\\b" if edge.isalnum() else "" for edge in (subject[:1], subject[-1:])]
    found = re.search(re.escape(subject).join(edges), line) if subject else None
    start = found.start() if found else -1
    fits = len(line) <= _WINDOW or start + len(subject) < _WINDOW
    first = 0 if fits else start - _WINDOW // 3
    before, rest = terminal.plain(line[first : max(start, first)]), line[max(start, first) :]
    lead = "…" if first else ""
    shown = terminal.cut(lead + before + terminal.plain(rest), _WINDOW)
    if start < 0:
        return shown, 0, 0
    offset = terminal.width(lead + before)
    marked = terminal.width(terminal.plain(subject))
    return shown, offset, max(1, min(marked, terminal.width(shown) - offset))
