"""Splits a file into metadata and body; reads the YAML of its head.

A head is YAML between ``---`` lines, TOML between ``+++`` lines, a JSON object, or the lines that
Pelican and Nikola write. The only import of yaml.
"""

import re
from typing import Any

import yaml
from msgspec import Struct

from newsarchive import headformats, mistakes, simpleyaml
from newsarchive.entry import Problem, Severity
from newsarchive.errors import MetadataError
from newsarchive.metadata import (
    MAX_DEPTH,
    MAX_METADATA,
    MAX_VALUES,
    Format,
    Mapping,
    Mistake,
    Node,
    Scalar,
    Sequence,
    once,
    too_deep,
    too_many,
    twice,
)

#: bytes of a whole file
MAX_FILE = 2_000_000
#: mistakes named in one file; more help nobody
_MOST_MISTAKES = 20

_CONTROL_BYTES = bytes([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20)])
#: what XML 1.0, 2.2 forbids
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: what YAML forbids besides (1.1, 5.1), and nobody writes on purpose
_HEAD_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)
#: line ends to YAML 1.1, blanks to everybody else
_ODD_LINE_ENDS = "\x85\u2028\u2029"

_YAML_END = re.compile(r"^(?:---|\.\.\.)([ \t]*)$", re.MULTILINE)
_TOML_END = re.compile(r"^\+\+\+([ \t]*)$", re.MULTILINE)
_YAML_LATE = re.compile(r"\s+---[ \t]*\n[ \t]*[\w\"'-]+[ \t]*:")
_JSON_START = re.compile(r'\{\s*["}]')
_NIKOLA_START = re.compile(r"(?:<!--[ \t]*\n)?\.\.[ \t]+[\w-]+:")
_PELICAN_START = re.compile(r"[^\W\d][\w-]*:(?:[ \t]|$)", re.MULTILINE)


# Without libyaml the pure parser gives the same events, slower.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Head(Struct, frozen=True, gc=False):
    """A file, split."""

    format: Format = Format.NONE
    fields: Mapping = Mapping((), 1)
    #: what follows the metadata, each line ended by ``\n`` however it was
    body: str = ""
    #: its first line in the file; 1 is the first
    body_line: int = 1
    problems: tuple[Problem, ...] = ()
    #: keys whose values cannot be read; the empty key when some line's key cannot be told
    broken: frozenset[str] = frozenset()
    #: the line before which a line of metadata can be added
    end: int = 1


def split(file: str, data: bytes) -> Head:
    """Split a file into metadata and body. Never raises: what is wrong are problems.

    A file without metadata is all body. ``file`` is only named in the problems.
    """
    try:
        text = _text(data)
    except MetadataError as error:
        return _refused(file, error)
    try:
        return _split(file, text)
    except MetadataError as error:
        return _refused(file, error)


def _refused(file: str, error: MetadataError) -> Head:
    mistake = Mistake.of(error)
    return Head(problems=(_problem(file, mistake),), broken=frozenset({""}))


def _problem(file: str, mistake: Mistake) -> Problem:
    message = f"{mistake.key}: {mistake.message}" if mistake.key else mistake.message
    return Problem(file, mistake.line, message, mistake.remedy, mistake.severity)


def _text(data: bytes) -> str:
    """The characters of a file, line ends made one.

    Raises:
        MetadataError: too large, not UTF-8, or with characters that no page may hold.
    """
    if len(data) > MAX_FILE:
        said = f"the file is larger than {MAX_FILE // 1_000_000} MB"
        raise MetadataError(1, "", said, "split it, or keep pictures in files of their own")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", data[: error.start])) + 1
        remedy = "save the file with the encoding UTF-8"
        raise MetadataError(line, "", "not UTF-8 text", remedy) from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # deleting from bytes is fifty times faster than searching characters
    odd = len(data.translate(None, _CONTROL_BYTES)) != len(data)
    if odd or "\ufffe" in text or "\uffff" in text:
        _no_control(_CONTROL, text, 1)
    return text


def _no_control(pattern: re.Pattern[str], text: str, first: int, key: str = "") -> None:
    if found := pattern.search(text):
        line = first + text.count("\n", 0, found.start())
        said = f"a character that no page may hold (U+{ord(found[0]):04X})"
        raise MetadataError(line, key, said, "delete it: retype the text around it")


def _split(file: str, text: str) -> Head:
    line = text.partition("\n")[0]
    match line.rstrip(" \t"):
        case "---":
            return _fenced(file, text, line, _YAML_END)
        case "+++":
            return _fenced(file, text, line, _TOML_END)
    if text.startswith("{") and _JSON_START.match(text):
        return _json(text)
    if _NIKOLA_START.match(text) and (found := headformats.nikola(text.split("\n"))):
        return _by_lines(text, Format.NIKOLA, *found)
    if _PELICAN_START.match(text) and (found := headformats.pelican(text.split("\n"))):
        return _by_lines(text, Format.PELICAN, *found)
    if text[:1].isspace() and _YAML_LATE.match(text):
        said = "lines stand above the --- that opens the metadata"
        raise MetadataError(1, "", said, "delete the empty lines above it")
    return Head(body=text)


def _fenced(file: str, text: str, line: str, closing: re.Pattern[str]) -> Head:
    fence = line.rstrip(" \t")
    found: list[Mistake] = []
    if line != fence:
        found.append(_blanks(1, fence))
    end = closing.search(text, len(line) + 1)
    if not end:
        raise _unclosed(text, fence)
    inner = text[len(line) + 1 : end.start()]
    if len(inner.encode()) > MAX_METADATA:
        raise _too_long()
    last = text.count("\n", 0, end.start()) + 1
    if end[1]:
        found.append(_blanks(last, text[end.start() : end.start(1)]))
    _no_control(_HEAD_CONTROL, inner, 2)
    if fence == "---":
        for odd in _ODD_LINE_ENDS:
            inner = inner.replace(odd, " ")
        fields, more, lost = _yaml(inner, 2)
    else:
        fields, more, lost = headformats.toml(inner, 2), [], set()
    found += more
    if "\\" in inner:
        escaped = _escaped(fields)
        found += escaped
        lost |= {mistake.key for mistake in escaped}
    return Head(
        Format.YAML if fence == "---" else Format.TOML,
        fields,
        text[end.end() + 1 :],
        last + 1,
        tuple(_problem(file, mistake) for mistake in found[:_MOST_MISTAKES]),
        frozenset(lost),
        last,
    )


def _blanks(line: int, fence: str) -> Mistake:
    return Mistake(
        line, fence, "blanks after it", f"delete the blanks, so that the line is {fence} alone"
    )


def _too_long() -> MetadataError:
    said = f"the metadata is longer than {MAX_METADATA // 1000} kB"
    return MetadataError(1, "", said, "keep what describes the article, move the rest to its text")


def _unclosed(text: str, fence: str) -> MetadataError:
    lines = text.split("\n")
    last = 1
    for line in lines[1:]:
        if not line.strip():
            break
        last += 1
    said = f"the metadata has no closing line {fence}"
    remedy = f"add a line with only {fence} after line {last}"
    if last > 1 and len(lines[last - 1]) <= 100:
        remedy += f" ({lines[last - 1].strip()})"
    return MetadataError(1, "", said, remedy)


def _json(text: str) -> Head:
    start = text[: MAX_METADATA + 1]
    try:
        fields, end = headformats.json_object(start)
    except MetadataError as error:
        if len(start) > MAX_METADATA and error.line > start.count("\n"):  # cut off by the bound
            raise _too_long() from error
        raise
    if len(text[:end].encode()) > MAX_METADATA:
        raise _too_long()
    last = text.count("\n", 0, end) + 1
    rest = text[end:].lstrip(" \t")
    line = last
    if rest.startswith("\n"):
        rest, line = rest[1:], last + 1
    if found := _escaped(fields):
        raise MetadataError(found[0].line, found[0].key, found[0].message, found[0].remedy)
    return Head(Format.JSON, fields, rest, line, end=last)


def _by_lines(text: str, form: Format, fields: Mapping, count: int) -> Head:
    lines = text.split("\n")
    if sum(len(line.encode()) + 1 for line in lines[:count]) > MAX_METADATA:
        raise _too_long()
    end = count if form is Format.NIKOLA and lines[count - 1].strip() == "-->" else count + 1
    if form is Format.PELICAN and count < len(lines) and lines[count].strip() in ("---", "..."):
        count += 1  # Python-Markdown's end of the metadata
    return Head(form, fields, "\n".join(lines[count:]), count + 1, end=end)


def _escaped(node: Node, key: str = "") -> list[Mistake]:
    """Characters that came in by an escape, which no look at the file can find."""
    match node:
        case Scalar():
            try:
                _no_control(_CONTROL, node.text, node.line, key)
            except MetadataError as error:
                return [Mistake(node.line, error.key, error.message, "delete the escape")]
            return []
        case Sequence():
            return [found for value in node.values for found in _escaped(value, key)]
        case Mapping():
            return [
                found
                for name, value in node.items
                for found in (*_escaped(name, key), *_escaped(value, key or name.text))
            ]


def _yaml(text: str, first: int) -> tuple[Mapping, list[Mistake], set[str]]:
    """What can be read, what is wrong, and the keys that are lost by it."""
    try:
        fields, found, lost = _mapping(text, first), list[Mistake](), set[str]()
    except MetadataError as error:
        fields, found, lost = _piecewise(text, first, error)
    found += (mistake for item in fields.items if (mistake := mistakes.joined(*item)))
    if " #" in text:
        found += mistakes.cut_short(fields, text.split("\n"), first)
    lost |= {mistake.key for mistake in found if mistake.severity is Severity.ERROR}
    return fields, found, lost


def _piecewise(
    text: str, first: int, error: MetadataError
) -> tuple[Mapping, list[Mistake], set[str]]:
    """A head that cannot be read as a whole, key by key: the good ones, and what is wrong."""
    items: dict[str, tuple[Scalar, Node]] = {}
    found: list[Mistake] = []
    lost: set[str] = set()
    lines = text.split("\n")
    for index, chunk in mistakes.chunks(lines):
        try:
            for key, value in _mapping("\n".join(chunk), first + index).items:
                if key.text in items:
                    found.append(Mistake.of(twice(key, items[key.text][0].line)))
                items.setdefault(key.text, (key, value))
        except MetadataError as said:
            before = lines[index - 1] if index else "---"
            found.append(mistakes.explain(chunk, before, said, first=first + index))
            lost.add(mistakes.key_of(chunk) or found[-1].key)
        if len(found) >= _MOST_MISTAKES:
            lost.add("")
            break
    found = found or [mistakes.explain(lines, "---", error, first=first)]
    return Mapping(tuple(items.values()), first), found, lost


def _mapping(text: str, first: int) -> Mapping:
    try:
        found = simpleyaml.read(text, first) or _compose(text, first)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first + (mark.line if mark else 0)
        raise MetadataError(line, "", str(error.problem or error.context), "") from error
    except yaml.YAMLError as error:  # a character that YAML forbids
        raise MetadataError(first, "", "a character that no text may hold", "") from error
    if found is None:
        return Mapping((), first)
    if not isinstance(found, Mapping):
        raise MetadataError(found.line, "", "not lines of the form key: value", "")
    return found


class _Open:
    """A list or map whose end has not come yet."""

    __slots__ = ("line", "mapping", "values")

    def __init__(self, line: int, *, mapping: bool) -> None:
        self.line, self.mapping = line, mapping
        self.values: list[Node] = []

    def close(self) -> Node:
        if not self.mapping:
            return Sequence(tuple(self.values), self.line)
        items: list[tuple[Scalar, Node]] = []
        for key, value in zip(self.values[::2], self.values[1::2], strict=True):
            if not isinstance(key, Scalar) or key.is_null:
                remedy = "write a word, a colon, a space and the value"
                raise MetadataError(key.line, "", "a key must be a word", remedy)
            if key.plain and key.text == "<<":
                said = "maps merged by << are not read"
                raise MetadataError(key.line, "", said, "write their keys here")
            items.append((key, value))
        return Mapping(once(items), self.line)


def _compose(text: str, first: int) -> Node | None:
    """The tree of a YAML document, from the parser's events.

    Not ``yaml.compose``, which recurses in C (fifty kilobytes of brackets end the process): the
    events come one by one, so that each bound holds before the next character is read.

    Raises:
        MetadataError: past the bounds, or with tags, anchors, aliases, directives, documents.
        yaml.YAMLError: not YAML.
    """
    loader = _Loader(text)
    try:
        return _tree(loader.get_event, first)
    finally:
        loader.dispose()


def _tree(get_event: Any, first: int) -> Node | None:
    stack = [_Open(first, mapping=False)]
    left = MAX_VALUES
    while not isinstance(event := get_event(), yaml.StreamEndEvent):
        mark: Any = event.start_mark
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style is None or event.style == ""
            node = Scalar(event.value, first + mark.line, mark.column, plain)
            stack[-1].values.append(node)
        elif isinstance(event, yaml.CollectionStartEvent):
            line = first + mark.line
            if len(stack) > MAX_DEPTH:
                raise too_deep(line)
            stack.append(_Open(line, mapping=isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = stack.pop().close()
            stack[-1].values.append(done)
            continue
        else:
            _only_plain_document(event, first, stack[0].values)
            continue
        _no_extras(event, first)
        left -= 1
        if left < 0:
            raise too_many(first)
    return stack[0].values[0] if stack[0].values else None


def _no_extras(event: Any, first: int) -> None:
    if event.anchor is not None:
        said = "names for values (&) are not read"
        raise MetadataError(first + event.start_mark.line, "", said, "")
    if event.tag is not None:
        said = "types (!) are not read"
        raise MetadataError(first + event.start_mark.line, "", said, "")


def _only_plain_document(event: Any, first: int, read: list[Node]) -> None:
    line = first + event.start_mark.line
    if isinstance(event, yaml.AliasEvent):
        raise MetadataError(line, "", "references to values (*) are not read", "")
    if isinstance(event, yaml.DocumentStartEvent) and (event.explicit or read):
        raise MetadataError(line, "", "a second document, or a directive", "")
