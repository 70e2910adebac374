"""``search``: what the site's own search finds, in a terminal."""

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

import click

from newsarchive.commands import loads, terminal

if TYPE_CHECKING:
    from newsarchive.archive import Archive
    from newsarchive.query import Query
    from newsarchive.searching import Found


@click.command(
    epilog="""\b
The words are those of the site's search field: "a phrase", -without, begin*, this OR that,
tag: author: lang: story: type: after: before:

\b
Examples:
  newsarchive search licencie altman
  newsarchive search '"conseil municipal" after:2026-11 -tag:sport'
  newsarchive search --json --limit 5 crue | jq -r '.hits[].url'
"""
)
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print what /api/v1/search answers: {total, hits, facets}.",
)
@click.option("--order", metavar="ORDER", help="newest or oldest first; else what fits best.")
@click.option("--page", metavar="N", help="Which page; 1 is the first.")
@click.option("--limit", metavar="N", help="Hits a page, at most 100.")
@click.pass_context
def search(
    context: click.Context, /, words: tuple[str, ...], as_json: bool, **more: str | None
) -> None:
    """Find entries by their words."""
    from newsarchive import hits
    from newsarchive.archive import Archive
    from newsarchive.query import Order, Query

    archive, now = Archive(terminal.settings(context)), datetime.now(UTC)
    loads.load_if_new(archive)
    given = [("q", " ".join(words)), *((k, v) for k, v in more.items() if v is not None)]
    query = Query.from_args(given, Query(order=Order.RELEVANCE))
    found = found_in(archive, query, now, facets=as_json)
    if as_json:
        told = hits.found(archive, found, now, lambda text, values: text % values)
        click.echo(terminal.as_json(told))
    else:
        _print(found, archive.config.zone)


def found_in(archive: "Archive", query: "Query", now: datetime, *, facets: bool = False) -> "Found":
    """What a query with words finds. How it was read, and what cannot be found yet, is said on
    standard error.

    Raises:
        WriterBusyError: nothing was ever indexed, and somebody is just about it.
    """
    from newsarchive import loader
    from newsarchive.searching import Search

    search = Search(archive)
    if not search.position():
        with loader.writing(archive.config):
            loads.make_searchable(archive.config)
    if behind := search.behind():
        count = terminal.counted(behind, "change")
        click.echo(f"{count} cannot be found yet; newsarchive index sees to it", err=True)
    found = search.find(query, now, facets=facets)
    for note in found.notes:
        click.echo(note.text % note.values, err=True)
    if found.meant:
        said = "this is what has" if found.is_meant else "did you mean"
        click.echo(f"{said} {found.meant}", err=True)
    return found


def _print(found: "Found", zone: tzinfo) -> None:
    for result in found.results:
        entry = result.entry
        click.echo(
            f"{terminal.date(entry.published, zone):16} {_marked(result.typeset_title, bold=True)}"
        )
        click.echo(f"{'':16} {_marked(result.snippet)}")
        click.echo(click.style(f"{'':16} {entry.path}", dim=True))
    click.echo(terminal.counted(found.total, "entry", "entries"), err=True)


def _marked(pieces: "tuple[object, ...]", *, bold: bool = False) -> str:
    from newsarchive.search.snippets import Piece

    return "".join(
        click.style(terminal.plain(piece.text), underline=piece.is_match, bold=bold)
        for piece in pieces
        if isinstance(piece, Piece)
    )
