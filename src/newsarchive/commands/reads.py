"""``config`` and ``list``: what is in force, and what the archive holds."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from newsarchive.commands import loads, terminal
from newsarchive.commands.search import found_in

if TYPE_CHECKING:
    from newsarchive.archive import Archive
    from newsarchive.catalogue import Page
    from newsarchive.config import Config
    from newsarchive.entry import Entry
    from newsarchive.query import Query

#: columns of a title in a table that no terminal limits
_LONGEST_TITLE = 120


@click.command(
    epilog="""\b
Examples:
  newsarchive config
  NEWSARCHIVE_LANGUAGE=fr newsarchive config --json | jq .language
"""
)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_context
def config(context: click.Context, as_json: bool) -> None:
    """Show every setting, its value, and where that came from."""
    from newsarchive.config import KEYS

    settings = terminal.settings(context)
    values = {key: getattr(settings, key) for key in KEYS}
    if as_json:
        found = {
            key: {
                "value": value if isinstance(value, int) else str(value),
                "origin": settings.origins[key],
            }
            for key, value in values.items()
        }
        click.echo(terminal.as_json(found))
        return
    rows = [("key", "value", "from")]
    rows += [
        (key, terminal.plain(str(value)), settings.origins[key]) for key, value in values.items()
    ]
    for number, line in enumerate(terminal.table(rows)):
        click.echo(click.style(line, bold=True) if number == 0 else line)


@click.command(
    name="list",
    epilog="""\b
Examples:
  newsarchive list --tag climat --after 2024
  newsarchive list --story 2023/affaire-altman --order oldest
  newsarchive list --json --limit 100 | jq -r '.entries[].url'
""",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print what /api/v1/entries answers: {total, entries}."
)
@click.option("--q", metavar="WORDS", help="Words, as search takes them.")
@click.option("--tag", multiple=True, metavar="TAG", help="Has this tag; -TAG: has it not.")
@click.option("--author", multiple=True, metavar="NAME", help="Is by this author.")
@click.option("--lang", metavar="CODE", help="Is in this language.")
@click.option("--type", metavar="KIND", help="article or update.")
@click.option("--story", metavar="PATH", help="Is an update of this story.")
@click.option("--after", metavar="PERIOD", help="From this day, month or year on.")
@click.option("--before", metavar="PERIOD", help="Before this day, month or year.")
@click.option("--order", metavar="ORDER", help="newest or oldest first; with --q also relevance.")
@click.option("--page", metavar="N", help="Which page; 1 is the first.")
@click.option("--limit", metavar="N", help="Entries a page, at most 100.")
@click.pass_context
def list_(context: click.Context, /, as_json: bool, **words: str | tuple[str, ...] | None) -> None:
    """List entries, by the same words as the site's own addresses."""
    from newsarchive.archive import Archive
    from newsarchive.documents import Documents
    from newsarchive.query import Query
    from newsarchive.shapes import Entries

    settings = terminal.settings(context)
    query = Query.from_args(
        (name, value)
        for name, values in words.items()
        for value in (values if isinstance(values, tuple) else (values,))
        if value is not None
    )
    archive = Archive(settings)
    loads.load_if_new(archive)
    now = datetime.now(UTC)
    page = _searched(archive, query, now) if query.text else archive.find(query, now)
    archive.catalogue.close()
    if as_json:
        entries = Documents(archive, now).of(page.entries)
        click.echo(terminal.as_json(Entries(page.total, entries)))
    else:
        _print(page, settings)


def _searched(archive: "Archive", query: "Query", now: datetime) -> "Page":
    """What the index finds, as a page of a list."""
    from newsarchive.catalogue import Page

    found = found_in(archive, query, now)
    entries = tuple(result.entry for result in found.results)
    return Page(entries, found.total, query.page, found.pages)


def _print(page: "Page", config: "Config") -> None:
    rows = [_row(entry, config) for entry in page.entries]
    room = _room(rows)
    rows = [(date, kind, terminal.cut(title, room), path) for date, kind, title, path in rows]
    for line in terminal.table(rows):
        click.echo(line)
    if page.total > len(rows) or not rows:
        shown = f"{len(rows):,} of {terminal.counted(page.total, 'entry', 'entries')}"
        more = f"; --page {page.number + 1} shows more" if page.number < page.pages else ""
        click.echo(shown + more, err=True)


def _room(rows: list[tuple[str, str, str, str]]) -> int:
    """Columns for titles: what a terminal leaves to them."""
    import shutil

    if not rows or not sys.stdout.isatty():
        return _LONGEST_TITLE
    dates, kinds, _, paths = zip(*rows, strict=True)
    others = sum(max(map(terminal.width, column)) + 2 for column in (dates, kinds, paths))
    return max(24, shutil.get_terminal_size().columns - others)


def _row(entry: "Entry", config: "Config") -> tuple[str, str, str, str]:
    date = terminal.date(entry.published, config.zone)
    return date, str(entry.kind), terminal.plain(entry.title), entry.path
