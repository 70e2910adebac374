"""What the metadata of a file says, by meaning."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import tzinfo
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from msgspec import Struct, structs

from newsarchive import dates, plaintext
from newsarchive.entry import (
    Correction,
    Coverage,
    Image,
    Json,
    Kind,
    Moment,
    Precision,
    Source,
    Status,
)
from newsarchive.fields import FALSE, Fields, is_boolean, is_empty
from newsarchive.metadata import Mapping, Node, Scalar, Sequence, folded, quoted
from newsarchive.summaries import summary

#: characters of an id
MAX_ID = 8192
#: characters of a summary that had to be made plain
_LONGEST_SUMMARY = 10_000

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_MARKED_UP = re.compile(r"</?[A-Za-z][^<>]*>|\]\(")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_LANG = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")
#: names of Jekyll's built-in permalink styles
_STYLES = frozenset({"date", "pretty", "ordinal", "weekdate", "none"})
#: how Pelican and Nikola say that an article is not listed, or is
_STATUSES = {
    **{status.value: status for status in Status},
    "hidden": Status.DRAFT,
    "private": Status.DRAFT,
    "skip": Status.DRAFT,
    "featured": Status.PUBLISHED,
}
_COVERAGES = {"": Coverage.OPEN, **{each.value: each for each in Coverage}}


class Described(Struct, frozen=True, gc=False, kw_only=True):
    """What a file says of its entry; empty where it says nothing."""

    title: str = ""
    published: Moment | None = None
    updated: Moment | None = None
    lang: str = ""
    id: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    status: Status = Status.PUBLISHED
    coverage: Coverage = Coverage.OPEN
    key: bool = False
    image: Image | None = None
    sources: tuple[Source, ...] = ()
    corrections: tuple[Correction, ...] = ()
    #: paths, each beginning with a slash
    aliases: tuple[str, ...] = ()
    #: a name that the address had elsewhere
    slug: str = ""
    extra: dict[str, Json] = {}


def describe(fields: Fields, kind: Kind, zone: tzinfo, named: Moment | None) -> Described:
    """Read every key; what is wrong is added to the problems of ``fields``.

    ``named`` is the date that the file's name tells, for a file whose metadata has none.
    """
    published = _published(fields, zone, named)
    _no_expiry(fields)
    return Described(
        title=_title(fields),
        published=published,
        updated=_updated(fields, zone, published),
        lang=_lang(fields),
        id=_id(fields),
        summary=_summary(fields),
        authors=tuple(dict.fromkeys(_authors(fields))),
        tags=tuple(_tags(fields)),
        status=_status(fields),
        coverage=_coverage(fields) if kind is Kind.ARTICLE else Coverage.OPEN,
        key=fields.boolean("key") if kind is Kind.UPDATE else False,
        image=_image(fields),
        sources=tuple(_sources(fields)),
        corrections=tuple(_corrections(fields, zone)),
        aliases=tuple(dict.fromkeys(_aliases(fields))),
        slug=_slug(fields),
        extra=fields.extra(),
    )


def _published(fields: Fields, zone: tzinfo, named: Moment | None) -> Moment | None:
    """The date; a later ``publishDate``, as Hugo has it, counts in its place."""
    date, held = fields.date(), fields.first("publishdate")
    published = fields.moment(*date, zone) if date else named
    if not held or not published or (date and date[0] is held[0]):
        return published
    until = fields.moment(*held, zone)
    if until and dates.microseconds(until.at) > dates.microseconds(published.at):
        return until
    return published


def _no_expiry(fields: Fields) -> None:
    if found := fields.first("expiry"):
        said = "not read: the entry stays online after this date"
        remedy = "to take it away, write status: withdrawn"
        fields.warn(found[0].line, found[0].text, said, remedy)


def without_bidi(text: str) -> str:
    """A title without the characters that turn what follows them around (UAX 9, 2.1 to 2.5)."""
    return _BIDI.sub("", text)


def _title(fields: Fields) -> str:
    title = folded(plaintext.unmarked(fields.text("title")))
    plain = without_bidi(title)
    if plain != title:
        plain = folded(plain)
        said = "invisible characters that reverse the text, left out"
        fields.warn(fields.line("title"), "title", said, f"title: {quoted(plain)}")
    return plain


def _updated(fields: Fields, zone: tzinfo, published: Moment | None) -> Moment | None:
    found = fields.first("updated")
    updated = fields.moment(*found, zone) if found else None
    if not found or not updated or not published:
        return published
    if dates.microseconds(updated.at) >= dates.microseconds(published.at):
        return updated
    if not _holds(updated, published, zone):
        said = f"{dates.unparse(updated)} is earlier than the date, {dates.unparse(published)}"
        fields.warn(found[0].line, found[0].text, said, "correct one of them; the date counts")
    return published


def _holds(period: Moment, moment: Moment, zone: tzinfo) -> bool:
    """Whether a moment lies in the year, month or day of a less precise one."""
    if period.precision is Precision.MINUTE:
        return False
    day = dates.local_day(moment, zone)
    return day.isoformat().startswith(dates.unparse(period))


def _lang(fields: Fields) -> str:
    text = fields.text("lang")
    if not text:
        return ""
    lang = _language(text)
    if not lang:
        said = f"not a language: {text[:60]}"
        remedy = "write its code, as fr or en-GB"
        fields.warn(fields.line("lang"), "lang", said, remedy)
    return lang


@lru_cache(maxsize=64)
def _language(text: str) -> str:
    """A language's tag in the customary case; empty when it is none."""
    found = _LANG.fullmatch(text.partition(".")[0])  # en_US.UTF-8
    if not found:
        return ""
    return "-".join([found[1].lower(), *map(_subtag, re.findall(r"[^\W_]+", found[2]))])


def _subtag(text: str) -> str:
    """A part of a language tag in the customary case (RFC 5646, 2.1.1)."""
    return text.upper() if len(text) == 2 else text.title() if len(text) == 4 else text.lower()


def _id(fields: Fields) -> str:
    text = fields.text("id")
    if len(text) > MAX_ID:
        said = f"longer than {MAX_ID} characters"
        fields.error(fields.line("id"), "id", said, "write a short one")
    return text


def _summary(fields: Fields) -> str:
    text = fields.text("summary")
    found = fields.first("summary")
    if found and found[0].text.lower() != "summary" and _MARKED_UP.search(text):
        # Jekyll and its kin take HTML and Markdown there; our own key is plain text
        return summary(text, _LONGEST_SUMMARY)
    return text


def _authors(fields: Fields) -> Iterator[str]:
    found = fields.first("authors")
    if not found:
        return
    key, value = found
    for each in value.values if isinstance(value, Sequence) else (value,):
        name = each
        if isinstance(each, Mapping):
            name = next((text for part, text in each.items if part.text == "name"), each)
            if name is each:
                fields.warn(each.line, key.text, "an author without a name", "write {name: …}")
                continue
        for text in fields.texts(key, name):
            yield plaintext.name(text.text)


def _tags(fields: Fields) -> Iterator[str]:
    seen: set[str] = set()
    for key, value in fields.all("tags"):
        for text in fields.texts(key, value):
            for name in [text.text] if isinstance(value, Sequence) else text.text.split(","):
                tag = plaintext.name(name)
                if tag and tag.casefold() not in seen:
                    seen.add(tag.casefold())
                    yield tag


def _status(fields: Fields) -> Status:
    said = fields.text("status").lower()
    if said and said not in _STATUSES:
        remedy = "write published, draft or withdrawn"
        fields.error(fields.line("status"), "status", f"not known: {said[:60]}", remedy)
    status = _STATUSES.get(said, Status.PUBLISHED)
    unpublished = any(
        key.text.lower() == "published" and isinstance(value, Scalar) and is_false(value)
        for key, value in fields.all("date")
    )
    return Status.DRAFT if fields.boolean("draft") or unpublished else status


def is_false(scalar: Scalar) -> bool:
    """Whether a value says no."""
    return scalar.text.strip().lower() in FALSE


def _coverage(fields: Fields) -> Coverage:
    said = fields.text("coverage").lower()
    if said not in _COVERAGES:
        remedy = "write open or closed"
        fields.error(fields.line("coverage"), "coverage", f"not known: {said[:60]}", remedy)
        return Coverage.OPEN
    return _COVERAGES[said]


def _image(fields: Fields) -> Image | None:
    found = fields.first("image")
    if not found or is_boolean(found[1]):
        return None
    key, value = found
    url, alt = "", ""
    if isinstance(value, Mapping):
        url = folded(_part(value, "url", "src", "path", "image"))
        alt = folded(_part(value, "alt", "caption"))
    else:
        url = next((folded(text.text) for text in fields.texts(key, value)), "")
    if not url:
        fields.warn(key.line, key.text, "an address is wanted", f"{key.text}: photo.jpg")
    if not url or not _safe(fields, key, url):
        return None
    return Image(url, alt or fields.text("image_alt"))


def _part(mapping: Mapping, *names: str) -> str:
    """The first of some keys of a map that has a text."""
    found = {key.text.lower(): value for key, value in reversed(mapping.items)}
    values = (found.get(name) for name in names)
    return next((v.text for v in values if isinstance(v, Scalar) and not is_empty(v)), "")


def _safe(fields: Fields, key: Scalar, url: str) -> bool:
    """Whether an address is one of the web, or relative; else that is an error."""
    scheme = _SCHEME.match(url)
    if (scheme and scheme[1].lower() not in ("http", "https")) or _CONTROL.search(url):
        said = f"an address that is not one of the web: {url[:60]}"
        remedy = "write one that begins with https://, or the name of a file beside this one"
        fields.error(key.line, key.text, said, remedy)
        return False
    return True


def _items(fields: Fields, name: str, wanted: str) -> Iterator[tuple[Scalar, Node]]:
    """The values of a list, each with its key put on its own line."""
    found = fields.first(name)
    if not found:
        return
    key, value = found
    for each in value.values if isinstance(value, Sequence) else (value,):
        if is_empty(each):
            fields.warn(each.line, key.text, "an empty value, left out", wanted)
        else:
            yield structs.replace(key, line=each.line), each


def _sources(fields: Fields) -> Iterator[Source]:
    wanted = "write {title: …, url: https://…, publisher: …, date: …}"
    for key, value in _items(fields, "sources", wanted):
        if isinstance(value, Scalar):
            text = folded(value.text)
            url = text if text.lower().startswith(("http://", "https://")) else ""
            yield Source(text, url)
            continue
        names = (("title", "name"), ("url", "link"), ("publisher",), ("date",))
        parts = value if isinstance(value, Mapping) else Mapping((), value.line)
        title, url, publisher, date = (folded(_part(parts, *name)) for name in names)
        if not title and not url:
            fields.warn(key.line, key.text, "a source without title and url, left out", wanted)
        elif _safe(fields, key, url):
            yield Source(title or url, url, publisher, date)


def _corrections(fields: Fields, zone: tzinfo) -> Iterator[Correction]:
    wanted = 'write {date: 2023-11-20, text: "…"}'
    for key, value in _items(fields, "corrections", wanted):
        items = value.items if isinstance(value, Mapping) else ()
        date = next((part for name, part in items if name.text.lower() == "date"), None)
        text = _part(Mapping(items, value.line), "text").strip()
        if not text or date is None or is_empty(date):
            fields.error(key.line, key.text, "a correction needs a date and a text", wanted)
        elif moment := fields.moment(key, date, zone):
            yield Correction(moment, text)


def _aliases(fields: Fields) -> Iterator[str]:
    for key, value in fields.all("aliases"):
        if is_boolean(value) or isinstance(value, Mapping):
            continue  # Eleventy's "permalink: false"
        for text in fields.texts(key, value):
            written = text.text.strip()
            if written in _STYLES and key.text.lower() == "permalink":
                continue
            path = old_path(written)
            if path is None:
                said = f"not a path on this site: {written[:60]}"
                fields.error(text.line, key.text, said, "write it as /2019/05/old-name/")
            elif path:
                yield path


def old_path(written: str) -> str | None:
    """The path of an address that was, unescaped, with a slash before it.

    Empty when it is a pattern of Jekyll's (``/:year/:title/``) or the root; None when it is no
    path that a site can answer.
    """
    try:
        parts = urlsplit(written)
    except ValueError:
        return None
    if parts.scheme and parts.scheme.lower() not in ("http", "https"):
        return None
    path = unicodedata.normalize("NFC", unquote(parts.path))
    if any(part.startswith(":") for part in path.split("/")):
        return ""
    if _CONTROL.search(path) or "\\" in path or ".." in path.split("/"):
        return None
    path = "/" + path.strip("/") + ("/" if path.endswith("/") else "")
    return path if path.strip("/") else ""


def _slug(fields: Fields) -> str:
    text = fields.text("slug")
    if text == "." or ".." in text or re.search(r"[/\\]", text) or _CONTROL.search(text):
        said = f"not the last part of an address: {text[:60]}"
        fields.error(fields.line("slug"), "slug", said, "write letters, figures and hyphens")
        return ""
    return unicodedata.normalize("NFC", text)
