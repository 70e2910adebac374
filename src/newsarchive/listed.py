"""Entries as lists tell them: JSON (``shapes``), made of the JSON that the catalogue holds.

Lists are asked for most, and most of what they tell hangs on the entry alone. It is made when the
entry is written, with marks where the site stands, and sent as it is.
"""

from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct, json

from newsarchive import permalink, shapes
from newsarchive.checksums import sealed, unsealed
from newsarchive.entry import Image, Source, Status

#: grows whenever the same entry becomes other JSON
VERSION = 2
#: stand for the address of the site and for an edition, at the beginning of a text. No text holds
#: these characters (``entryfile``), and what looks like them in JSON does not follow a bare quote.
SITE, EDITION = "\x00", "\x01"
_SITE, _EDITION = b'"\\u0000', b'"\\u0001'


class When(Struct, array_like=True, gc=False):
    """A ``Moment`` whose date is left as text."""

    at: str
    precision: str

    @property
    def date(self) -> str:
        """As much of it as is known."""
        return self.at[: _LENGTHS.get(self.precision)]


class Corrected(Struct, array_like=True, gc=False):
    """A ``Correction``, likewise."""

    date: When
    text: str


class Said(Struct, array_like=True, gc=False):
    """An ``Entry`` by place, dates left as text: reading them would take half the time."""

    id: str
    path: str
    kind: str
    title: str
    published: When
    updated: When
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
    corrections: list[Corrected]
    aliases: list[str]
    has_own_id: bool
    extra: dict[str, object]
    file: str


_DECODER, _ENCODER = json.Decoder(Said), json.Encoder()
_WITHDRAWN = str(Status.WITHDRAWN)  # which compares in half the time
_LENGTHS = {"year": 4, "month": 7, "day": 10}


def read(metadata: bytes) -> Said:
    """What the catalogue holds of an entry beside its body."""
    return _DECODER.decode(metadata)


def entry(said: Said, digest: str, site_url: str, edition: str) -> shapes.Entry:
    """An entry as a list tells it; ``said`` loses what is not told of a withdrawn one."""
    place = permalink.escape(said.path)
    made = shapes.Entry(
        id=said.id,
        path=said.path,
        url=f"{site_url}{permalink.ARTICLES}{place}/",
        document_url=f"{site_url}{permalink.API_ENTRIES}{place}",
        type=said.kind,  # type: ignore[arg-type]  # a Kind, as text
        title=said.title,
        date=said.published.date,
        date_published=said.published.at,
        date_modified=said.updated.at,
        language=said.lang,
        summary=said.summary,
        authors=[_author(site_url, name) for name in said.authors],
        tags=said.tags,
        status=said.status,  # type: ignore[arg-type]  # a Status, as text
        digest=edition + digest,
    )
    if said.story:
        made.story, made.key = said.story, said.key
    elif said.is_story:
        made.coverage = said.coverage  # type: ignore[assignment]  # a Coverage, as text
    if said.status == _WITHDRAWN:  # of which there is its name and its notice
        made.summary = ""
        said.image, said.sources, said.extra = None, [], {}
    if said.image:
        made.image = picture(said.file, said.image.url, site_url)
        if said.image.alt:
            made.image_alt = said.image.alt
    return made


def stored(metadata: bytes, digest: str) -> bytes | None:
    """The JSON of a list's entry, with marks, ``sealed``; None of one that a later day changes."""
    said = read(metadata)
    if said.corrections:  # which may be yet to come
        return None
    return sealed(_ENCODER.encode(entry(said, digest, SITE, EDITION)))


def filler(site_url: str, edition: str) -> Callable[[bytes], bytes]:
    """What makes JSON of what was ``stored``, for a site and an edition; raises as
    ``unsealed``."""
    site, edition_ = _ENCODER.encode(site_url)[:-1], _ENCODER.encode(edition)[:-1]
    return lambda found: unsealed(found).replace(_SITE, site).replace(_EDITION, edition_)


@lru_cache(maxsize=4096)
def _author(site_url: str, name: str) -> shapes.Author:
    return shapes.Author(name, site_url + permalink.author(permalink.slug(name)))


def picture(file: str, written: str, site_url: str) -> str:
    """The address of a picture that is named in a file, with its site."""
    address = permalink.resolve(permalink.folder(file), written)
    if address.startswith("//"):
        return "https:" + address
    return permalink.absolute(site_url, address) if address.startswith("/") else address
