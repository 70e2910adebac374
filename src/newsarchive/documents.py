"""Entries as JSON (``shapes``), made from the catalogue's own or from values."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, json, structs

from newsarchive import newfile, permalink, plaintext, renderings, shapes
from newsarchive.catalogue import Held
from newsarchive.entry import Entry, Image, Kind, Source, Status
from newsarchive.errors import QueryError

if TYPE_CHECKING:
    from newsarchive.archive import Archive

#: grows whenever the same entry becomes other JSON
VERSION = 1
FIELDS = tuple(each.name for each in structs.fields(shapes.Entry))
#: what needs the text
TEXTS = frozenset({"content_markdown", "content_html", "content_text"})
#: what a list leaves out unasked
APPARATUS = TEXTS | {"sources", "corrections", "metadata", "source_url"}
LISTED = frozenset(FIELDS) - APPARATUS
#: entries of lists that a process remembers: some megabytes
MOST_KEPT = 2000
_KEPT: dict[str, shapes.Entry] = {}
#: asks for all of them
ALL = "all"


class _When(Struct, array_like=True, gc=False):
    """A ``Moment`` whose date is left as text."""

    at: str
    precision: str


class _Corrected(Struct, array_like=True, gc=False):
    date: _When
    text: str


class _Said(Struct, array_like=True, gc=False):
    """An ``Entry`` by place, dates left as text: reading them would take half the time."""

    id: str
    path: str
    kind: str
    title: str
    published: _When
    updated: _When
    lang: str
    summary: str
    authors: list[str]
    tags: list[str]
    status: str
    story: str
    is_story: bool
    coverage: str
    key: bool
    untitled: bool
    image: Image | None
    sources: list[Source]
    corrections: list[_Corrected]
    aliases: list[str]
    has_own_id: bool
    extra: dict[str, object]
    file: str


_SAID, _ALL_SAID = json.Decoder(_Said), json.Decoder(list[_Said])
_ENTRY = json.Decoder(Entry)
_ENCODER = json.Encoder()
_WITHDRAWN = str(Status.WITHDRAWN)  # which compares in half the time
_LENGTHS = {"year": 4, "month": 7, "day": 10}


def chosen(names: str) -> frozenset[str]:
    """The fields that a comma-separated list names; ``all`` is every one.

    Raises:
        QueryError: one of them is no field.
    """
    wanted = frozenset(name.strip() for name in names.split(",") if name.strip())
    if not wanted or not wanted <= {*FIELDS, ALL}:
        allowed = ", ".join((ALL, *FIELDS))
        raise QueryError("fields", "a list of some of: %(names)s", names=allowed)
    return frozenset(FIELDS) if ALL in wanted else wanted


@lru_cache(maxsize=8)
def edition(site_url: str) -> str:
    """What the JSON of an entry depends on besides the entry: where the site is, this program."""
    made_of = f"{VERSION} {renderings.VERSION} {site_url}"
    return blake2b(made_of.encode(), digest_size=4).hexdigest()


def forget() -> None:
    """Make everything anew."""
    _KEPT.clear()


class Documents:
    """Makes JSON of one archive's entries, as of one moment and with the fields that are asked
    for; for one request."""

    def __init__(self, archive: "Archive", now: datetime, fields: Collection[str] = LISTED) -> None:
        self._archive = archive
        self._now = now
        self._fields = frozenset(fields)
        #: those that are made and not wanted
        self._dropped = tuple(LISTED - self._fields)
        self._is_usual = self._fields == LISTED
        self._has_html = "content_html" in self._fields
        self._more = bool(self._fields & APPARATUS)
        self._site = archive.config.site_url
        self._pages = self._site + permalink.ARTICLES
        self._places = self._site + permalink.API_ENTRIES
        self._edition = f".{edition(self._site)}"

    @property
    def has_texts(self) -> bool:
        """Whether entries have to be read with their bodies."""
        return bool(self._fields & TEXTS)

    def one(self, held: Held) -> shapes.Entry:
        """An entry as the catalogue holds it."""
        if self._has_html:
            return self.of_held((held,))[0]
        return self._made(_SAID.decode(held.metadata), held.digest, held.body)

    def of_held(self, held: Collection[Held]) -> list[shapes.Entry]:
        """Entries as the catalogue holds them; at most a thousand if their HTML is wanted."""
        if self._has_html:
            return self.of([_whole(each) for each in held])
        if not self._is_usual:
            return [self.one(each) for each in held]
        # the newest are asked for again and again: nobody changes what is made of them
        known = [_KEPT.get(each.digest + self._edition) for each in held]
        new = [each for each, made in zip(held, known, strict=True) if made is None]
        fresh = iter(self._listed(new))
        return [made or next(fresh) for made in known]

    def _listed(self, held: Collection[Held]) -> list[shapes.Entry]:
        """Entries of a list, to be remembered."""
        # one by one they would take a quarter longer
        said = _ALL_SAID.decode(b"[%b]" % b",".join([each.metadata for each in held]))
        entries = [self._made(one, each.digest, "") for one, each in zip(said, held, strict=True)]
        if len(_KEPT) + len(entries) > MOST_KEPT:
            _KEPT.clear()
        # one of which a correction is yet to come has another digest, by which nobody asks
        _KEPT.update({made.digest: made for made in entries})
        return entries

    def of(self, entries: Collection[Entry]) -> list[shapes.Entry]:
        """Entries; those whose texts are wanted were read with their bodies."""
        made = [
            self._made(_SAID.decode(_ENCODER.encode(each)), each.digest, each.body)
            for each in entries
        ]
        if self._has_html:
            htmls = self._archive.renderings(entries)
            for entry, found in zip(entries, made, strict=True):
                found.content_html = htmls[entry.id].absolute(self._site)
        return made

    def _made(self, said: _Said, digest: str, body: str) -> shapes.Entry:
        hidden = self._hide(said) if said.corrections else 0
        place, site = permalink.escape(said.path), self._site
        at, precision = said.published.at, said.published.precision
        made = shapes.Entry(
            id=said.id,
            path=said.path,
            url=f"{self._pages}{place}/",
            document_url=self._places + place,
            type=said.kind,  # type: ignore[arg-type]  # a Kind, as text
            title=said.title,
            date=at[: _LENGTHS.get(precision)],
            date_published=at,
            date_modified=said.updated.at,
            language=said.lang,
            summary=said.summary,
            authors=[_author(site, name) for name in said.authors],
            tags=said.tags,
            status=said.status,  # type: ignore[arg-type]  # a Status, as text
            # a correction that is yet to come changes the entry without changing what is held
            digest=f"{digest}{self._edition}.{hidden}" if hidden else digest + self._edition,
        )
        if said.story:
            made.story, made.key = said.story, said.key
        elif said.is_story:
            made.coverage = said.coverage  # type: ignore[assignment]  # a Coverage, as text
        if said.status == _WITHDRAWN:
            _withdraw(said, made)
        if said.image:
            made.image = picture(said.file, said.image.url, self._site)
            if said.image.alt:
                made.image_alt = said.image.alt
        if self._more:
            self._add(made, said, body, place)
        for name in self._dropped:
            setattr(made, name, UNSET)
        return made

    def _add(self, made: shapes.Entry, said: _Said, body: str, place: str) -> None:
        """What lists leave out."""
        fields = self._fields
        if "content_markdown" in fields:
            made.content_markdown = body
        if "content_text" in fields:
            made.content_text = plaintext.text(body)
        if "sources" in fields:
            made.sources = [
                shapes.Source(each.title, each.url, each.publisher, each.date)
                for each in said.sources
            ]
        if "corrections" in fields:
            made.corrections = [
                shapes.Correction(each.date.at[: _LENGTHS.get(each.date.precision)], each.text)
                for each in said.corrections
            ]
        if "metadata" in fields:
            made.metadata = said.extra
        if "source_url" in fields:
            # most files are called as their entries are
            usual = said.file == f"{said.path}.md"
            address = f"{permalink.ARTICLES}{place}.md" if usual else ""
            made.source_url = self._site + (address or permalink.source(said.path, said.file))

    def _hide(self, said: _Said) -> int:
        """Take out the corrections that are dated later; how many they were."""
        made = [
            each for each in said.corrections if datetime.fromisoformat(each.date.at) <= self._now
        ]
        hidden = len(said.corrections) - len(made)
        said.corrections = made
        return hidden

    # -- one entry --

    def whole(self, entry: Entry) -> shapes.Document:
        """All there is to say of an entry that was read with its body."""
        archive, now = self._archive, self._now
        (told,) = Documents(archive, now, FIELDS).of((entry,))
        neighbours = archive.neighbours(entry, now)
        document = shapes.Document(
            **structs.asdict(told),
            feeds=self._feeds(entry),
            previous=self._neighbour(neighbours.before),
            next=self._neighbour(neighbours.after),
        )
        if entry.kind is Kind.ARTICLE:
            updates = archive.catalogue.updates(entry.path, now, bodies=False)
            if updates or entry.is_story:
                document.updates = self.of(updates)
        return document

    def _neighbour(self, entry: Entry | None) -> shapes.Neighbour | None:
        if entry is None:
            return None
        url = self._site + permalink.entry(entry.path)
        document_url = self._site + permalink.API_ENTRIES + permalink.escape(entry.path)
        return shapes.Neighbour(entry.path, entry.title, url, document_url)

    def _feeds(self, entry: Entry) -> shapes.Feeds:
        story = entry.story or (entry.path if self._is_story(entry) else "")
        place = permalink.entry(story) if story else permalink.HOME
        return shapes.Feeds(
            *(self._site + permalink.feed(place, ending) for ending in ("rss", "atom", "json"))
        )

    def _is_story(self, entry: Entry) -> bool:
        return self._archive.story_of(entry.path, self._now) is not None


def _whole(held: Held) -> Entry:
    entry = _ENTRY.decode(held.metadata)
    structs.force_setattr(entry, "digest", held.digest)  # nobody else has it yet
    structs.force_setattr(entry, "body", held.body)
    return entry


@lru_cache(maxsize=4096)
def _author(site_url: str, name: str) -> shapes.Author:
    return shapes.Author(name, site_url + permalink.author(permalink.slug(name)))


def _withdraw(said: _Said, made: shapes.Entry) -> None:
    """Of a withdrawn entry there is its name and its notice."""
    made.summary = ""
    said.image, said.sources, said.extra = None, [], {}


def image_url(entry: Entry, site_url: str) -> str:
    """The address of an entry's lead picture, with its site; '' without one.

    An empty ``site_url`` leaves a picture of this site without a host.
    """
    return picture(entry.file, entry.image.url, site_url) if entry.image else ""


def picture(file: str, written: str, site_url: str) -> str:
    """The address of a picture that is named in a file, with its site."""
    address = permalink.resolve(permalink.folder(file), written)
    if address.startswith("//"):
        return "https:" + address
    return permalink.absolute(site_url, address) if address.startswith("/") else address


def source(entry: Entry) -> str:
    """An entry as the text of a file: what is catalogued, so that nothing hidden is in it."""
    return newfile.unparse(entry)
