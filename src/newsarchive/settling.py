"""What the files say, made one archive: updates inherit from their stories, each id and each
address has one owner. Decisions over values; nothing is read or written here."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import structs

from newsarchive.catalogue import Placed, ReadFile
from newsarchive.dates import microseconds
from newsarchive.entry import Entry, Kind, Moment, Problem, Status


@dataclass(frozen=True, slots=True)
class Claim:
    """An entry that the catalogue holds."""

    id: str
    path: str
    file: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who had what before."""

    #: in this catalogue
    own: tuple[Claim, ...] = ()
    #: in another of the same folder
    others: tuple[Claim, ...] = ()


@dataclass(slots=True)
class _Owners:
    """Who has which id and which address."""

    #: as they were: the file that had it keeps it, if it still claims it
    before: dict[str, set[str]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    #: what lost its id or its address, or has no story, by file
    lost: dict[str, list[tuple[Placed, Problem]]] = field(default_factory=dict)


def settle(
    files: list[ReadFile],
    stories: dict[str, Entry],
    claims: Claims,
    removed: Iterable[str],
    now: datetime,
) -> list[ReadFile]:
    """The files with what their entries inherit, less those that cannot be.

    ``stories`` are the articles of the unchanged files, by file; ``claims`` all that was held.
    Of entries that claim one id or one address the older keeps it, and the others are problems.
    """
    if not files:
        return []
    owners = _owners(files, claims, removed)
    articles = [
        (each, placed)
        for each in files
        for placed in each.entries
        if placed.entry.kind is Kind.ARTICLE
    ]
    _share_out(articles, owners)
    leading = stories | {each.state.path: placed.entry for each, placed in articles}
    updates = []
    for each in files:
        for placed in each.entries:
            if placed.entry.kind is Kind.UPDATE:
                story = leading.get(each.index)
                if story is None or owners.paths.get(placed.entry.story) != each.index:
                    _lose(owners, placed, _orphan(placed.entry))
                else:
                    updates.append((each, placed, _heir(placed.entry, story, now)))
    heirs = {id(placed): heir for _, placed, heir in updates}
    _share_out([(each, placed) for each, placed, _ in updates], owners)
    return [_settled(each, heirs, owners) for each in files]


def _owners(files: list[ReadFile], claims: Claims, removed: Iterable[str]) -> _Owners:
    owners = _Owners()
    rewritten = {each.state.path for each in files} | set(removed)
    for claim in (*claims.own, *claims.others):
        for value in (claim.id, claim.path):
            owners.before.setdefault(value, set()).add(claim.file)
    for claim in claims.own:
        if claim.file not in rewritten:
            owners.ids[claim.id], owners.paths[claim.path] = claim.file, claim.file
    return owners


def _share_out(claimed: list[tuple[ReadFile, Placed]], owners: _Owners) -> None:
    """Give each entry its id and address: first who had them, then the oldest."""

    def turn(pair: tuple[ReadFile, Placed]) -> tuple[bool, int, str]:
        entry = pair[1].entry
        had = owners.before.get(entry.id, set()) | owners.before.get(entry.path, set())
        return entry.file not in had, microseconds(entry.published.at), entry.file

    for _, placed in sorted(claimed, key=turn):
        entry = placed.entry
        if holder := owners.ids.get(entry.id):
            _lose(owners, placed, _conflict(entry, "id", entry.id, holder))
        elif holder := owners.paths.get(entry.path):
            _lose(owners, placed, _conflict(entry, "address", entry.path, holder))
        else:
            owners.ids[entry.id], owners.paths[entry.path] = entry.file, entry.file


def _lose(owners: _Owners, placed: Placed, problem: Problem) -> None:
    owners.lost.setdefault(placed.entry.file, []).append((placed, problem))


def _conflict(entry: Entry, kind: str, value: str, holder: str) -> Problem:
    return Problem(
        entry.file,
        entry.line,
        f"{kind}: {holder} has the {kind} {value} already",
        "give this one an id of its own" if kind == "id" else "rename one of the two files",
    )


def _orphan(entry: Entry) -> Problem:
    return Problem(
        entry.file, entry.line, f"its story has no page at {entry.story}",
        "give the folder an index.md with a date, or this file a title",
    )  # fmt: skip


def _heir(entry: Entry, story: Entry, now: datetime) -> Placed:
    """An update with what it leaves to its story: names, a draft's or a withdrawal's state, and
    an embargo, for which it takes its story's place in time."""
    heir = structs.replace(
        entry,
        authors=entry.authors or story.authors,
        tags=entry.tags or story.tags,
        status=story.status if entry.status is Status.PUBLISHED else entry.status,
    )
    return Placed(heir, _out(entry.published, story.published, now), own=entry)


def _out(own: Moment, story: Moment, now: datetime) -> Moment:
    embargoed = microseconds(story.at) > microseconds(now)
    return story if embargoed and microseconds(story.at) > microseconds(own.at) else own


def _settled(each: ReadFile, heirs: dict[int, Placed], owners: _Owners) -> ReadFile:
    lost = owners.lost.get(each.state.path, [])
    gone = {id(placed) for placed, _ in lost}
    entries = tuple(heirs.get(id(p), p) for p in each.entries if id(p) not in gone)
    # an embargo ends by itself, and the update then takes its own place at the next load
    waits = any(placed.moment != placed.entry.published for placed in entries)
    if lost or waits:
        each = structs.replace(
            each,
            state=structs.replace(each.state, again=True),
            problems=(*each.problems, *(problem for _, problem in lost)),
        )
    return structs.replace(each, entries=entries)
