"""Entries as JSON (``shapes``), made from the catalogue's own or from values."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from msgspec import UNSET, MsgspecError, Raw, json, structs

from newsarchive import catalogue, listed, newfile, permalink, plaintext, renderings, shapes
from newsarchive.catalogue import Held, Part
from newsarchive.entry import Entry, Kind
from newsarchive.errors import QueryError
from newsarchive.listed import Said

if TYPE_CHECKING:
    from newsarchive.archive import Archive

FIELDS = tuple(each.name for each in structs.fields(shapes.Entry))
#: what needs the text
TEXTS = frozenset({"content_markdown", "content_html", "content_text"})
#: what a list leaves out unasked
APPARATUS = TEXTS | {"sources", "corrections", "metadata", "source_url"}
LISTED = frozenset(FIELDS) - APPARATUS
#: asks for all of them
ALL = "all"
_ENCODER = json.Encoder()


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
    made_of = f"{listed.VERSION} {renderings.VERSION} {site_url}"
    return blake2b(made_of.encode(), digest_size=4).hexdigest()


class Documents:
    """Makes JSON of one archive's entries, as of one moment and with the fields that are asked
    for; for one request."""

    def __init__(self, archive: "Archive", now: datetime, fields: Collection[str] = LISTED) -> None:
        self._archive = archive
        self._now = now
        self._fields = frozenset(fields)
        #: those that are made and not wanted
        self._dropped = tuple(LISTED - self._fields)
        self._has_html = "content_html" in self._fields
        self._more = bool(self._fields & APPARATUS)
        self._site = archive.config.site_url
        self._edition = f"{edition(self._site)}."

    @property
    def part(self) -> Part:
        """How much has to be read of entries."""
        if self._fields == LISTED:
            return Part.LISTED
        return Part.WHOLE if self._fields & TEXTS else Part.HEAD

    def one(self, held: Held) -> shapes.Entry:
        """An entry as the catalogue holds it."""
        if self._has_html:
            return self.of_held((held,))[0]
        try:
            said = listed.read(held.metadata)
        except (MsgspecError, UnicodeDecodeError) as error:
            catalogue.name_damage(error)
        return self._made(said, held.digest, held.body)

    def of_held(self, held: Collection[Held]) -> list[shapes.Entry]:
        """Entries as the catalogue holds them; at most a thousand if their HTML is wanted."""
        if self._has_html:
            return self.of(
                [catalogue.entry(each.metadata, each.digest, each.body) for each in held]
            )
        return [self.one(each) for each in held]

    def encoded(self, held: Collection[Held]) -> list[Raw]:
        """The same as JSON, of entries that were read as far as ``part`` says."""
        if self.part is not Part.LISTED:
            return [Raw(_ENCODER.encode(each)) for each in self.of_held(held)]
        fill = listed.filler(self._site, self._edition)
        try:
            filled = [None if each.listed is None else fill(each.listed) for each in held]
        except ValueError as error:
            catalogue.name_damage(error)
        pairs = zip(held, filled, strict=True)
        return [Raw(text or _ENCODER.encode(self.one(each))) for each, text in pairs]

    def of(self, entries: Collection[Entry]) -> list[shapes.Entry]:
        """Entries; those whose texts are wanted were read with their bodies."""
        made = [
            self._made(listed.read(_ENCODER.encode(each)), each.digest, each.body)
            for each in entries
        ]
        if self._has_html:
            htmls = self._archive.renderings(entries)
            for entry, found in zip(entries, made, strict=True):
                found.content_html = htmls[entry.id].absolute(self._site)
        return made

    def _made(self, said: Said, digest: str, body: str) -> shapes.Entry:
        # a correction that is yet to come changes the entry without changing what is held
        if said.corrections and (hidden := self._hide(said)):
            digest = f"{digest}.{hidden}"
        made = listed.entry(said, digest, self._site, self._edition)
        if self._more:
            self._add(made, said, body)
        for name in self._dropped:
            setattr(made, name, UNSET)
        return made

    def _add(self, made: shapes.Entry, said: Said, body: str) -> None:
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
                shapes.Correction(each.date.date, each.text) for each in said.corrections
            ]
        if "metadata" in fields:
            made.metadata = said.extra
        if "source_url" in fields:
            # most files are called as their entries are
            usual = said.file == f"{said.path}.md"
            made.source_url = (
                f"{made.url[:-1]}.md" if usual
                else self._site + permalink.source(said.path, said.file)
            )  # fmt: skip

    def _hide(self, said: Said) -> int:
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


def image_url(entry: Entry, site_url: str) -> str:
    """The address of an entry's lead picture, with its site; '' without one.

    An empty ``site_url`` leaves a picture of this site without a host.
    """
    return listed.picture(entry.file, entry.image.url, site_url) if entry.image else ""


def source(entry: Entry) -> str:
    """An entry as the text of a file: what is catalogued, so that nothing hidden is in it."""
    return newfile.unparse(entry)
