"""``search``: what the site's own search finds, in a terminal."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from newsarchive.commands import terminal

if TYPE_CHECKING:
    from newsarchive.config import Config
    from newsarchive.searching import Found, Result


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
@click.option("--json", "as_json", is_flag=True, help="Print {total, hits} as JSON.")
@click.option("--order", metavar="ORDER", help="newest or oldest first; else what fits best.")
@click.option("--page", metavar="N", help="Which page; 1 is the first.")
@click.option("--limit", metavar="N", help="Hits a page, at most 100.")
@click.pass_context
def search(
    context: click.Context, /, words: tuple[str, ...], as_json: bool, **more: str | None
) -> None:
    """Find entries by their words."""
    from newsarchive.archive import Archive
    from newsarchive.query import Order, Query
    from newsarchive.searching import Search

    config = terminal.settings(context)
    given = [("q", " ".join(words)), *((k, v) for k, v in more.items() if v is not None)]
    query = Query.from_args(given, Query(order=Order.RELEVANCE))
    found = Search(Archive(config)).find(query, datetime.now(UTC), facets=False)
    if as_json:
        hits = [_as_json(result, config) for result in found.results]
        click.echo(terminal.as_json({"total": found.total, "meant": found.meant, "hits": hits}))
    else:
        _print(found)


def _as_json(result: "Result", config: "Config") -> dict[str, object]:
    from newsarchive import documents

    snippet = [{"text": piece.text, "match": piece.is_match} for piece in result.snippet]
    return documents.listed(result.entry, config) | {"snippet": snippet}


def _print(found: "Found") -> None:
    from newsarchive import dates

    for note in found.notes:
        click.echo(note.text % note.values, err=True)
    if found.meant:
        said = "this is what has" if found.is_meant else "did you mean"
        click.echo(f"{said} {found.meant}", err=True)
    for result in found.results:
        entry = result.entry
        click.echo(f"{dates.unparse(entry.published):25} {_marked(result.title, bold=True)}")
        click.echo(f"{'':25} {_marked(result.snippet)}")
        click.echo(click.style(f"{'':25} {entry.path}", dim=True))
    click.echo(terminal.counted(found.total, "entry", "entries"), err=True)


def _marked(pieces: "tuple[object, ...]", *, bold: bool = False) -> str:
    from newsarchive.search.snippets import Piece

    return "".join(
        click.style(terminal.plain(piece.text), underline=piece.is_match, bold=bold)
        for piece in pieces
        if isinstance(piece, Piece)
    )
