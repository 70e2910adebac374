"""Entries as the text of files: new ones, those of the archive, and new ids in old ones."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import structs

from newsarchive import dates
from newsarchive.entry import Entry, Moment, Status
from newsarchive.frontmatter import Head
from newsarchive.headings import attributes
from newsarchive.metadata import Format, scalar
from newsarchive.plaintext import marked

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")
_EMPTY_ID = re.compile(
    r"""(?P<before>.*?(?<![\w-])["']?(?i:id|guid)["']?[ \t]*[:=][ \t]*)(?:~|(?i:null)|""|'')?"""
    r"""(?P<after>[ \t]*(?:[,}#].*|-->)?)"""
)


def new_article(  # noqa: PLR0913 - a line of the head each, by name
    title: str,
    *,
    id: str,
    date: Moment,
    lang: str = "",
    authors: Sequence[str] = (),
    tags: Sequence[str] = (),
    body: str = "",
) -> str:
    """The text of a new article's file: ``entryfile.parse`` reads the same from it.

    Without ``lang`` it has the language of its folder or of the site.
    """
    lines = [
        f"title: {scalar(marked(title))}",
        f"date: {dates.unparse(date)}",
        *([f"lang: {scalar(lang)}"] if lang else []),
        *_list("authors", map(marked, authors)),
        *_list("tags", map(marked, tags)),
        f"id: {scalar(id)}",
    ]
    return _file(lines, body)


def new_update(title: str, *, id: str, date: Moment, key: bool = False, body: str = "") -> str:
    """The text of a new update's file. Without a title it will be named by its date."""
    lines = [
        *([f"title: {scalar(marked(title))}"] if title.strip() else []),
        f"date: {dates.unparse(date)}",
        *(["key: true"] if key else []),
        f"id: {scalar(id)}",
    ]
    return _file(lines, body)


def unparse(entry: Entry) -> str:
    """An entry as the text of a file of its own: ``entryfile.parse`` reads the same from it.

    Everything is said, also what the author left to the site or the folder.
    """
    lines = [
        *([] if entry.untitled else [f"title: {scalar(marked(entry.title))}"]),
        f"date: {dates.unparse(entry.published)}",
        *([f"updated: {dates.unparse(entry.updated)}"] if entry.updated != entry.published else []),
        f"lang: {scalar(entry.lang)}",
        *_list("authors", map(marked, entry.authors)),
        *_list("tags", map(marked, entry.tags)),
        *([f"summary: {scalar(entry.summary)}"] if entry.summary else []),
        *([f"status: {entry.status}"] if entry.status is not Status.PUBLISHED else []),
        *(["type: story", f"coverage: {entry.coverage}"] if entry.is_story else []),
        *(["key: true"] if entry.key else []),
        *_apparatus(entry),
        f"id: {scalar(entry.id)}",
    ]
    return _file(lines, entry.body)


def _apparatus(entry: Entry) -> Iterator[str]:
    """Pictures, sources, corrections, old addresses and unknown keys; JSON is YAML (1.2, 1.3)."""
    if entry.image:
        yield f"image: {scalar(entry.image.url)}"
        if entry.image.alt:
            yield f"image_alt: {scalar(entry.image.alt)}"
    if entry.sources:
        yield f"sources: {_json([_said(structs.asdict(each)) for each in entry.sources])}"
    if entry.corrections:
        said = [{"date": dates.unparse(c.date), "text": c.text} for c in entry.corrections]
        yield f"corrections: {_json(said)}"
    if entry.aliases:
        yield f"aliases: {_json(entry.aliases)}"
    for key, value in entry.extra.items():
        yield f"{scalar(key)}: {_json(value)}"


def _said(values: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(key: str, values: Iterable[str]) -> list[str]:
    lines = [f"  - {scalar(value)}" for value in values]
    return [f"{key}:", *lines] if lines else []


def _file(lines: Sequence[str], body: str) -> str:
    text = body.strip("\n")
    return "\n".join(["---", *lines, "---", "", *([text, ""] if text else [])])


def with_head_id(text: str, head: Head, id: str) -> str:
    """A file with an id added to its metadata, or put where the key stands without a value.

    ``head`` is what ``frontmatter.split`` made of it. The new line ends as the file's first does.
    """
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    lines = _LINE.findall(text.removeprefix(bom))
    newline = (_end(lines[0]) if lines else "") or "\n"
    empty = next((k for k, _ in head.fields.items if k.text.lower() in ("id", "guid")), None)
    if empty:
        at = empty.line - 1
        lines[at] = _filled(lines[at], _value(id, head.format))
    elif head.format is Format.JSON or _is_flow(lines[1 : head.end - 1], head.format):
        start = 0 if head.format is Format.JSON else 1
        key = '"id"' if head.format is Format.JSON else "id"
        lines[start:] = [_into_braces("".join(lines[start:]), f"{key}: {quoted_json(id)}")]
    else:
        _insert(lines, head, _value(id, head.format), newline)
    return bom + "".join(lines)


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _insert(lines: list[str], head: Head, value: str, newline: str) -> None:
    """Put a line with the id into the metadata, or metadata before a text that has none."""
    at = head.end - 1
    match head.format:
        case Format.NONE:
            lines[:0] = [f"---{newline}", f"id: {value}{newline}", f"---{newline}"]
            return
        case Format.TOML:  # before the first table
            at, line = 1, f"id = {value}"
        case Format.NIKOLA:
            line = f".. id: {value}"
        case Format.PELICAN:
            line = f"Id: {value}" if lines[0][:1].isupper() else f"id: {value}"
        case _:
            items = head.fields.items
            line = " " * (items[0][0].column if items else 0) + f"id: {value}"
    if at and not _end(lines[at - 1]):
        lines[at - 1] += newline
        newline = ""
    lines.insert(at, line + newline)


def _value(id: str, form: Format) -> str:
    match form:
        case Format.JSON | Format.TOML:
            return quoted_json(id)
        case Format.PELICAN | Format.NIKOLA:
            return id
        case _:
            return scalar(id)


def quoted_json(text: str) -> str:
    """A text in double quotes, as JSON, TOML and YAML all read it."""
    return json.dumps(text, ensure_ascii=False)


def _filled(line: str, value: str) -> str:
    """A line whose id is null or empty, with a value."""
    end = _end(line)
    found = _EMPTY_ID.fullmatch(line.removesuffix(end))
    if not found:
        return line
    return f"{found['before'].rstrip()} {value}{found['after']}{end}"


def _is_flow(lines: Sequence[str], form: Format) -> bool:
    """Whether YAML metadata stands in braces."""
    written = (line.strip() for line in lines)
    first = next((line for line in written if line and not line.startswith("#")), "")
    return form is Format.YAML and first.startswith("{")


def _into_braces(text: str, pair: str) -> str:
    """A text with a pair put first into its first braces, spaced as what follows."""
    before, brace, after = text.partition("{")
    rest = after.lstrip()
    space = after[: len(after) - len(rest)]
    if rest.startswith("}"):
        return f"{before}{brace}{pair}{after}"
    return f"{before}{brace}{space}{pair},{space or ' '}{rest}"


def with_heading_ids(text: str, ids: Mapping[int, tuple[str, str]]) -> str:
    """A file with ids added to headings: line in the file -> heading as written, id."""
    lines = _LINE.findall(text)
    for number, (heading, id) in ids.items():
        *above, last = heading.split("\n")
        at = number - 1 + len(above)
        found = lines[at].rfind(last.strip()) if last.strip() and at < len(lines) else -1
        if found < 0:
            continue
        place = found + len(last.strip())
        added = f" {{id={id}}}"
        if attributes(last)[1]:
            place, added = place - 1, f" id={id}"
        lines[at] = lines[at][:place] + added + lines[at][place:]
    return "".join(lines)
