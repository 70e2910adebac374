"""What a search finds, as JSON."""

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import structs

from newsarchive import shapes
from newsarchive.archive import Archive
from newsarchive.documents import Documents
from newsarchive.query import Order
from newsarchive.search.engine import Facets
from newsarchive.search.snippets import Piece
from newsarchive.searching import Found, Result

#: of tags and of authors; the others are counted by narrowing
MOST_NAMES = 100
#: by the parameter that narrows to it: how the index calls it
FACETS = {
    "tag": "tag", "author": "author", "lang": "lang", "type": "kind", "year": "year",
    "month": "month",
}  # fmt: skip


def found(
    archive: Archive,
    finding: Found,
    now: datetime,
    say: Callable[[str, dict[str, object]], str],
    *,
    facets: bool = True,
) -> shapes.Found:
    """One page of what a search finds; ``say`` puts a note into the reader's language."""
    args = finding.query.args()
    usual = {"order": str(Order.RELEVANCE)}
    told = shapes.Found(
        total=finding.total,
        query={name: value for name, value in args.items() if usual.get(name) != value},
        notes=[say(note.text, dict(note.values)) for note in finding.notes],
        meant=finding.meant,
        is_meant=finding.is_meant,
        hits=_hits(archive, finding.results, now),
    )
    if facets:
        told.facets = _facets(archive, finding.facets)
    return told


def _hits(archive: Archive, results: Iterable[Result], now: datetime) -> list[shapes.Hit]:
    by_id = {result.entry.id: result for result in results}
    # the index may not know yet what the catalogue hides
    shown = archive.catalogue.held_by_id(tuple(by_id), now)
    entries = Documents(archive, now).of_held(shown)
    return [_hit(entry, by_id[entry.id]) for entry in entries]


def _hit(entry: shapes.Entry, result: Result) -> shapes.Hit:
    return shapes.Hit(
        **structs.asdict(entry),
        score=result.score,
        marked_title=_pieces(result.title),
        snippet=_pieces(result.snippet),
    )


def _pieces(pieces: Iterable[Piece]) -> list[shapes.Piece]:
    return [shapes.Piece(piece.text, piece.is_match) for piece in pieces]


def _facets(archive: Archive, facets: Facets) -> shapes.Facets:
    return shapes.Facets(
        **{name: _counted(archive, kind, facets.of(kind)) for name, kind in FACETS.items()}
    )


def _counted(archive: Archive, kind: str, counts: dict[str, int]) -> list[shapes.Facet]:
    if kind in {"year", "month"}:
        return [shapes.Facet(value, counts[value]) for value in sorted(counts)]
    chosen = sorted(counts, key=lambda value: (-counts[value], value))
    if kind not in {"tag", "author"}:
        return [shapes.Facet(value, counts[value]) for value in chosen]
    spelt = archive.catalogue.spelt(kind, chosen[:MOST_NAMES])
    return [
        shapes.Facet(value, counts[value], spelt.get(value, value)) for value in chosen[:MOST_NAMES]
    ]
