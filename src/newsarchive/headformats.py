"""Metadata in other forms than YAML: TOML, JSON, Pelican's and Nikola's lines."""

import datetime
import json
import re
import tomllib
from collections.abc import Iterator

from newsarchive.errors import MetadataError
from newsarchive.metadata import (
    MAX_DEPTH,
    MAX_VALUES,
    Mapping,
    Node,
    Scalar,
    Sequence,
    once,
    too_deep,
    too_many,
    twice,
)
from newsarchive.patterns import repeated

_KEY = r"[^\W\d][\w-]*"
_PELICAN = re.compile(rf"({_KEY}):[ \t]*(.*)")
_NIKOLA = re.compile(rf"\.\.[ \t]+({_KEY}):[ \t]*(.*)")

_TOML_TEXT = re.compile(
    '"""' + repeated(r'[^"\\]|\\[\s\S]|"(?!"")') + r'(?:"""|\Z)'
    r"|'''" + repeated(r"[^']|'(?!'')") + r"(?:'''|\Z)"
    r'|"' + repeated(r'[^"\\\n]|\\.') + r'"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+"
)  # fmt: skip
_TOML_DOTTED = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{MAX_DEPTH}}}")
_TOML_TABLE = re.compile(r"[ \t]*\[{1,2}[ \t]*([\w.-]+)[ \t]*\]{1,2}[ \t]*")
_TOML_KEY = re.compile(r"[ \t]*([\w.-]+)[ \t]*=")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def toml(text: str, first: int) -> Mapping:
    """A TOML document (1.0); ``first`` is the number of its first line in the file.

    Values inside a list know the line of its key.

    Raises:
        MetadataError: it is none, or past the bounds.
    """
    bare = _TOML_TEXT.sub(_bare, text)
    # tomllib takes quadratic time for dotted keys, and recurses for brackets
    for number, line in enumerate(bare.split("\n"), start=first):
        if _TOML_DOTTED.search(line):
            raise too_deep(number)
    _bracket_depth(bare, first)
    try:
        table = tomllib.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise _toml_mistake(text, str(error), first) from error
    reader = _Toml(dict(_toml_lines(bare, first)))
    return reader.mapping(table, "", first, 1)


def _bare(found: re.Match[str]) -> str:
    """A text without what could be taken for keys or brackets, its lines kept."""
    inner = found[0].strip("\"'")
    if re.fullmatch(r"[\w-]+", inner):
        return inner
    return "_" + "\n" * found[0].count("\n")


def _bracket_depth(bare: str, first: int) -> None:
    depth, line = 1, first
    for found in re.finditer(r"[\[\]{}\n]", bare):
        match found[0]:
            case "\n":
                line += 1
            case "[" | "{":
                depth += 1
            case _:
                depth -= 1
        if depth > MAX_DEPTH + 1:  # a table's own header has two brackets
            raise too_deep(line)


def _toml_mistake(text: str, message: str, first: int) -> MetadataError:
    found = _TOML_PLACE.search(message)
    said = message[: found.start()] if found else message
    lines = text.rstrip("\n").split("\n")
    index = min(int(found[1]) if found and found[1] else len(lines), len(lines)) - 1
    number = first + index
    pair = re.fullmatch(rf"({_KEY})[ \t]*([=:])[ \t]*(\S.*)", lines[index].strip())
    if not pair:
        return MetadataError(number, "", f"not TOML: {said}"[:200], _TOML_REMEDY)
    key, sign, value = pair.groups()
    if sign == ":":
        message = "between +++ lines, an equals sign is wanted after the key, not a colon"
        return MetadataError(number, key, message, f"{key} = {_toml_value(value)}"[:200])
    if value[0] in "\"'" and value.count(value[0]) % 2:
        said = f"the quotation mark {value[0]} is not closed"
        return MetadataError(number, key, said, f"{key} = {_toml_value(value[1:])}"[:200])
    if said.startswith("Invalid date"):
        said = f"no such date: {value[:60]}"
        return MetadataError(number, key, said, f"write it as {key} = 2023-11-17")
    if said == "Invalid value" and value[0] not in "\"'[{":
        return MetadataError(number, key, "a text needs quotes", f"{key} = {_toml_value(value)}")
    if said == "Cannot overwrite a value":
        above = (i for i in range(index) if re.match(rf"\s*{key}\s*=", lines[i]))
        return twice(Scalar(key, number), first + next(above, index))
    return MetadataError(number, key, f"not TOML: {said}"[:200], _TOML_REMEDY)


def _toml_value(text: str) -> str:
    if text.startswith(('"', "'", "[", "{")):
        return text
    return json.dumps(text, ensure_ascii=False)


def _toml_lines(bare: str, first: int) -> Iterator[tuple[str, int]]:
    """Where each key stands, as far as can be told without a parser; ``a.b`` inside a table."""
    table = ""
    for number, line in enumerate(bare.split("\n"), start=first):
        if header := _TOML_TABLE.fullmatch(line):
            table = header[1] + "."
            yield header[1], number
        elif pair := _TOML_KEY.match(line):
            yield table + pair[1], number


class _Budget:
    """Counts values down."""

    def __init__(self) -> None:
        self.left = MAX_VALUES

    def take(self, line: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise too_many(line)


class _Toml:
    """Turns what tomllib read into nodes."""

    def __init__(self, lines: dict[str, int]) -> None:
        self.lines = lines
        self.budget = _Budget()

    def node(self, value: object, path: str, line: int, depth: int) -> Node:
        line = self.lines.get(path, line)
        self.budget.take(line)
        if depth > MAX_DEPTH and isinstance(value, dict | list):
            raise too_deep(line)
        match value:
            case dict():
                return self.mapping(value, path + ".", line, depth)
            case list():
                return Sequence(
                    tuple(self.node(inner, path, line, depth + 1) for inner in value), line
                )
            case str():
                return Scalar(value, line)
            case _:
                return Scalar(_toml_text(value), line, plain=True)

    def mapping(self, table: dict[str, object], prefix: str, line: int, depth: int) -> Mapping:
        items = (
            (
                Scalar(key, self.lines.get(prefix + key, line)),
                self.node(value, prefix + key, line, depth + 1),
            )
            for key, value in table.items()
        )
        return Mapping(tuple(items), line)


def _toml_text(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() if value.bit_length() > 10_000:
            return hex(value)  # str() of so many digits is a ValueError
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return str(value)


_TOML_REMEDY = 'write key = "text": each text in quotes, lists as ["a", "b"]'

_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_JSON_BLANK = re.compile(r"[ \t\n]*")


def json_object(text: str) -> tuple[Mapping, int]:
    """A JSON object at the beginning of a text (RFC 8259), and where it ends.

    Raises:
        MetadataError: it is none, or past the bounds.
    """
    reader = _Json(text)
    try:
        tree, end = reader.value(0, 1)
    except json.JSONDecodeError as error:
        raise reader.mistake(error) from error
    assert isinstance(tree, Mapping)  # noqa: S101 - the text begins with a brace
    return tree, end


class _Json:
    """Reads JSON into nodes: the standard library's decoder keeps no lines and recurses freely."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.budget = _Budget()

    def line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def skip(self, at: int) -> int:
        found = _JSON_BLANK.match(self.text, at)
        return found.end() if found else at

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        line = self.line(at)
        self.budget.take(line)
        first = self.text[at : at + 1]
        if first in ("{", "["):
            if depth > MAX_DEPTH:
                raise too_deep(line)
            return self.mapping(at, depth) if first == "{" else self.sequence(at, depth)
        try:
            found, end = _JSON.raw_decode(self.text, at)
        except json.JSONDecodeError:
            raise
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), self.text, at) from error
        if isinstance(found, str) and first == '"':
            return Scalar(found, line), end
        return Scalar(self.text[at:end], line, plain=True), end

    def mapping(self, at: int, depth: int) -> tuple[Node, int]:
        line, items = self.line(at), list[tuple[Scalar, Node]]()
        at = self.skip(at + 1)
        while self.text[at : at + 1] != "}" or items:
            if self.text[at : at + 1] != '"':
                raise json.JSONDecodeError("a key in double quotes is wanted", self.text, at)
            key, end = self.value(at, depth)
            end = self.skip(end)
            if self.text[end : end + 1] != ":":
                raise json.JSONDecodeError("a colon is wanted after the key", self.text, end)
            value, end = self.value(self.skip(end + 1), depth + 1)
            assert isinstance(key, Scalar)  # noqa: S101 - it begins with a quotation mark
            items.append((key, value))
            at, done = self.next(end, "}")
            if done:
                return Mapping(once(items), line), at
        return Mapping((), line), at + 1

    def sequence(self, at: int, depth: int) -> tuple[Node, int]:
        line, values = self.line(at), list[Node]()
        at = self.skip(at + 1)
        while self.text[at : at + 1] != "]" or values:
            value, end = self.value(at, depth + 1)
            values.append(value)
            at, done = self.next(end, "]")
            if done:
                return Sequence(tuple(values), line), at
        return Sequence((), line), at + 1

    def next(self, at: int, closing: str) -> tuple[int, bool]:
        """Past a comma, to the next value, or past the closing bracket."""
        at = self.skip(at)
        if self.text[at : at + 1] == closing:
            return at + 1, True
        if self.text[at : at + 1] != ",":
            raise json.JSONDecodeError(f"a comma or {closing} is wanted", self.text, at)
        return self.skip(at + 1), False

    def mistake(self, error: json.JSONDecodeError) -> MetadataError:
        found = self.text[error.pos : error.pos + 1]
        before = self.text[: error.pos].rstrip()
        remedy = 'write "key": "text", a comma between two of them, and } at the end'
        if before.endswith(",") and found in ("}", "]"):
            remedy = f"delete the comma before {found}"
        elif not found:
            remedy = "close the metadata with }"
        elif found == "'":
            remedy = "write double quotes"
        elif found == '"':
            remedy = f"put a comma at the end of line {self.line(len(before))}"
        message = f"not JSON: {error.msg[0].lower()}{error.msg[1:]}"
        return MetadataError(self.line(error.pos), "", message, remedy)


def pelican(lines: list[str]) -> tuple[Mapping, int] | None:
    """Pelican's ``Key: value`` lines, and how many lines they are; None when there are none.

    A value goes on over indented lines. A line that is none of these ends them. Only ``Authors``
    and ``Tags`` are lists, split as Pelican does.

    Raises:
        MetadataError: a key stands twice.
    """
    found: list[tuple[Scalar, list[str]]] = []
    count = 0
    for number, line in enumerate(lines, start=1):
        if pair := _PELICAN.fullmatch(line):
            found.append((Scalar(pair[1], number), [pair[2]]))
        elif found and line[:1] in (" ", "\t") and line.strip():
            found[-1][1].append(line.strip())
        else:
            break
        count = number
    if not {key.text.lower() for key, _ in found} & {"title", "date"}:
        return None
    items: list[tuple[Scalar, Node]] = [(key, _listed(key, " ".join(said))) for key, said in found]
    return _bounded(items), count


def _listed(key: Scalar, value: str) -> Node:
    value = value.strip()
    separator = ";" if ";" in value else ","
    if key.text.lower() not in {"authors", "tags"} or separator not in value:
        return Scalar(value, key.line, plain=not value)
    names = (name.strip() for name in value.split(separator))
    return Sequence(tuple(Scalar(name, key.line) for name in names if name), key.line)


def nikola(lines: list[str]) -> tuple[Mapping, int] | None:
    """Nikola's ``.. key: value`` lines, bare or in a comment, and how many lines they take.

    None when there are none.

    Raises:
        MetadataError: the comment is not closed.
    """
    start = 1 if lines[0].strip() == "<!--" else 0
    items: list[tuple[Scalar, Node]] = []
    number = start
    for number, line in enumerate(lines[start:], start=start):
        pair = _NIKOLA.fullmatch(line.rstrip())
        if pair:
            value = pair[2].strip()
            items.append((Scalar(pair[1], number + 1), Scalar(value, number + 1, plain=not value)))
        elif not (start and not line.strip()):
            break
    else:
        number = len(lines)
    if not items:
        return None
    if start:
        if number >= len(lines) or lines[number].strip() != "-->":
            raise MetadataError(
                1,
                "",
                "the comment that holds the metadata has no closing line",
                f"add a line with only --> after line {items[-1][0].line}",
            )
        number += 1
    return _bounded(items), number


def _bounded(items: list[tuple[Scalar, Node]]) -> Mapping:
    values = sum(len(each.values) if isinstance(each, Sequence) else 1 for _, each in items)
    if values > MAX_VALUES:
        raise too_many(1)
    return Mapping(once(items), 1)
