"""What a person most likely meant by lines that are no YAML, and how to write it.

For people who have never heard of YAML: each message names the commonest mistake that fits, each
remedy is the author's own line, mended.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from newsarchive.entry import Severity
from newsarchive.errors import MetadataError
from newsarchive.metadata import Mapping, Mistake, Node, Scalar, quoted
from newsarchive.patterns import repeated

#: keys that nobody means as part of a longer one, as ``og:title`` is
_COMMON = frozenset({"title", "date", "author", "authors", "tags", "summary", "description"})
#: texts in which people write a # without knowing what it does
_PROSE = frozenset({"title", "summary", "description", "excerpt"})
#: longer lines are described, not repeated
_LONGEST_REMEDY = 200
_DEFAULT = "write one key: value a line, each text in quotes"
_ITSELF = "write the value itself; a text that begins with &, * or ! needs quotes"

_KEY_LINE = re.compile(
    r"""(?:[^\s"'#\[\]{},:|>@`%-][^:]*+|"[^"]*+"[ \t]*+|'[^']*+'[ \t]*+):(?:\s|$)"""
)
_PARTS = re.compile(
    r"""(?P<indent>[ ]*(?:-[ ]+)*)"""
    r"""(?:(?P<key>[^\s:"'#\[{`@][^:]{0,99}?|"[^"]*"|'[^']*')[ \t]*:(?=\s|$)[ \t]*)?"""
    r"""(?P<value>.*)"""
)
_NO_SPACE = re.compile(r"([^\W\d][\w-]*):(?!//)(\S.*)")
_FULL_WIDTH_COLON = re.compile(r"([^\W\d][\w-]*)\s*：\s*(.*)")  # as a Chinese keyboard writes it
_EQUALS = re.compile(r"([^\W\d][\w-]*)\s*=\s*(\S.*)")
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?(?:\s+#.*)?")
_ITEM_KEY = re.compile(r"- +[a-z_]+: +")
_BLOCK_LINE = re.compile(r".*:[ \t]+[|>][+-]?\s*")
_DOUBLE = re.compile('"' + repeated(r'[^"\\]|\\.') + '"')
_SINGLE = re.compile("'" + repeated("[^']|''") + "'")
_BAD_ESCAPE = re.compile(r"""\\(?![0abtnvfre "/\\N_LPxuU\t])""")

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")

_REASONS = {
    "mapping values are not allowed": "a colon stands where none can",
    "could not find expected ':'": "a colon is missing",
    "did not find expected key": "neither a key nor part of the text above",
    "did not find expected ',' or": "a comma or a closing bracket is missing",
    "unexpected end of stream": "a quotation mark is not closed",
    "cannot start any token": "a character that cannot begin a text without quotes",
    "unknown escape": "a backslash between double quotes needs a second one",
}


def chunks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The keys of a flat head, each with the lines that belong to it and its first line's index."""
    start, opened = 0, ""
    for index, line in enumerate(lines):
        if index > start and _begins(line, opened):
            yield start, lines[start:index]
            start, opened = index, ""
        opened = _open_quote(line, opened, first=index == start)
    if lines:
        yield start, lines[start:]


def _begins(line: str, opened: str) -> bool:
    if not line.strip() or line[0] in " \t#]}:" or re.match(r"-(?:\s|$)", line):
        return False
    return not opened or bool(_KEY_LINE.match(line))


def _open_quote(line: str, opened: str, *, first: bool) -> str:
    """The quotation mark that is open after a line; empty when none is."""
    if first:
        value = _parts(line)[2]
        if value[:1] in ("'", '"') and not (_DOUBLE if value[0] == '"' else _SINGLE).match(value):
            return value[0]
        return ""
    return "" if opened and line.rstrip().endswith(opened) else opened


def _parts(line: str) -> tuple[str, str, str]:
    """What stands before the value, the key in it, the value."""
    found = _PARTS.match(line)
    if not found:
        return "", "", line
    value: str = found["value"].rstrip()
    return line[: found.start("value")], (found["key"] or "").strip("\"'"), value


def key_of(lines: list[str]) -> str:
    """The key whose lines these are; empty when that cannot be told."""
    return _parts(lines[0])[1]


def joined(key: Scalar, value: Node) -> Mistake | None:
    """``title:Storm: day one``, which YAML takes for a key ``title:Storm``."""
    word, colon, rest = key.text.partition(":")
    if not colon or word.lower() not in _COMMON or not isinstance(value, Scalar):
        return None
    remedy = f"{word}: {quoted(f'{rest}: {value.text}')}"
    return _mistake(key.line, word, "a space is missing after the colon", remedy)


def cut_short(fields: Mapping, lines: list[str], first: int) -> list[Mistake]:
    """Titles and the like of which YAML took the end, or all, for a comment."""
    found = []
    for key, value in fields.items:
        name = key.text.lower()
        if name not in _PROSE or not isinstance(value, Scalar) or not value.plain:
            continue
        written = lines[key.line - first].partition(":")[2].strip()
        if value.line == key.line and re.match(r"#|.*?[ \t]#", written):
            remedy = f"{key.text}: {quoted(written)}"
            said = "the text from # on was taken for a comment: it needs quotes"
            lost = name == "title" and value.is_null
            severity = Severity.ERROR if lost else Severity.WARNING
            found.append(Mistake(key.line, key.text, said, remedy, severity))
    return found


def explain(lines: list[str], before: str, error: MetadataError, *, first: int) -> Mistake:
    """The likeliest mistake in the lines of one key.

    ``before`` is the line above them, ``first`` the number of their first line in the file,
    ``error`` what was said of them: the parser knows no remedy, a bound does.
    """
    key = _parts(lines[0])[1]
    if error.remedy:
        return replace(Mistake.of(error), key=error.key or key)
    tab = next((i for i, line in enumerate(lines) if "\t" in line[: _indent(line)]), None)
    if tab is not None:
        spaces = lines[tab].lstrip(" \t").rstrip()
        remedy = f"  {spaces}" if tab else spaces
        return _mistake(first + tab, key, "a tab at the beginning of the line", remedy)
    if lines[0].startswith(" "):
        message = "this line is indented, the others are not"
        return _mistake(first, key, message, lines[0].strip())
    if not key:
        return _without_key(lines[0].rstrip(), before, first)
    for index in _likeliest(len(lines), error.line - first):
        found = _in_line(lines[index], key, whole=len(lines) == 1)
        if found:
            return Mistake(first + index, key, *found)
    return _indented(lines, first) or _unexplained(error, key)


def _likeliest(length: int, at: int) -> list[int]:
    """Indexes of lines: the one the parser stopped at, then all in order."""
    return [*([at] if 0 <= at < length else []), *range(length)]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _mistake(line: int, key: str, message: str, remedy: str) -> Mistake:
    if len(remedy) > _LONGEST_REMEDY:
        remedy = "mend the line as the message says"
    return Mistake(line, key, message, remedy if remedy.strip() else "delete the line")


def _without_key(line: str, before: str, number: int) -> Mistake:
    if line.startswith("%"):
        return Mistake(number, "", "a line that begins with % is not metadata", "delete the line")
    if line.startswith("---"):
        said = "the line that closes the metadata has more than ---"
        return Mistake(number, "", said, "delete what follows ---")
    for pattern, message in (
        (_NO_SPACE, "a space is missing after the colon"),
        (_FULL_WIDTH_COLON, "the colon must be the plain one, with a space after it"),
        (_EQUALS, "a colon is wanted after the key, not an equals sign"),
    ):
        if found := pattern.fullmatch(line):
            value = found[2].strip()
            needs_quotes = _in_value(value) and not value.startswith(("'", '"'))
            value = quoted(value) if needs_quotes else value
            return _mistake(number, found[1], message, f"{found[1]}: {value}")
    if _BLOCK_LINE.fullmatch(before):
        message = "the text of the line above must be indented"
        return _mistake(number, "", message, f"begin each of its lines with two spaces:   {line}")
    remedy = "if it goes on from the line above, begin it with two spaces"
    if before == "---":
        remedy = f"write a word, a colon, a space and the value: title: {line.lstrip('- ')[:60]}"
    elif not before.strip():
        remedy = "if the text of the article begins here, add a line with only --- above it"
    return Mistake(number, "", "not a line of the form key: value", remedy)


def _in_line(line: str, key: str, *, whole: bool) -> tuple[str, str] | None:
    """What is wrong with the value on a line, and the line mended."""
    prefix, _, value = _parts(line)
    if prefix.lstrip().startswith("- ") and not _ITEM_KEY.match(prefix.lstrip()):
        hyphens = len(line) - len(line.lstrip("- "))
        prefix, value = line[:hyphens], line[hyphens:].rstrip()
    found = _in_value(value, a="a title" if key == "title" else "a text") if value else None
    if not found:
        return None
    message, mended = found
    if len(value) > _LONGEST_REMEDY or (not whole and "not closed" in message):
        mark = quoted(value)[0]
        return message, f"put {mark} before and after the whole text"
    return message, f"{prefix.lstrip()}{mended}"


def _in_value(value: str, a: str = "a text") -> tuple[str, str] | None:
    """What is wrong with a value, and the value mended."""
    first = value[0]
    if first == '"':
        return _in_double_quotes(value)
    if first == "'":
        return _in_single_quotes(value)
    if first in "[{":
        return _in_brackets(value, a)
    if value.startswith("!!"):
        kind, _, rest = value.partition(" ")
        return f"types such as {kind[:40]} are not read", quoted(rest)
    if (first in "@`%*&!]},|>" and not _BLOCK.fullmatch(value)) or value.startswith(("- ", "? ")):
        return f"{a} that begins with {first} needs quotes", quoted(value)
    if ": " in value or value.endswith(":"):
        return f"a colon in {a} needs quotes", quoted(value)
    return None


def _in_double_quotes(value: str) -> tuple[str, str] | None:
    closed = _DOUBLE.match(value)
    if not closed:
        return 'the quotation mark " is not closed', quoted(value[1:])
    after = value[closed.end() :].strip()
    inner = value[1:-1] if value.endswith('"') else value
    if after and not after.startswith("#"):
        return "a quotation mark inside the text ends it", quoted(inner)
    if surrogate := _SURROGATE.search(value):
        return f"{surrogate[0]} is no character", value.replace(surrogate[0], "")
    if _BAD_ESCAPE.search(value):
        return "a backslash between double quotes needs a second one", quoted(inner)
    return None


def _in_single_quotes(value: str) -> tuple[str, str] | None:
    closed = _SINGLE.match(value)
    if not closed:
        return "the quotation mark ' is not closed", quoted(value[1:])
    after = value[closed.end() :].strip()
    if after and not after.startswith("#"):
        inner = value[1:-1] if value.endswith("'") else value
        return "an apostrophe ends a text in single quotes", quoted(inner.replace("''", "'"))
    return None


def _in_brackets(value: str, a: str) -> tuple[str, str] | None:
    first, last = value[0], "]" if value[0] == "[" else "}"
    if last not in value:
        mended = quoted(value) if a == "a title" else value + last
        return f"the bracket {first} is not closed", mended
    if not value.endswith(last):
        return f"{a} that begins with {first} needs quotes", quoted(value)
    return None


def _indented(lines: list[str], first: int) -> Mistake | None:
    """A line that stands further in or out than it should."""
    _, key, value = _parts(lines[0])
    hyphens = ""
    for index, line in enumerate(lines[1:], start=1):
        prefix, inner, text = _parts(line)
        if inner and value and " " in inner:
            whole = quoted(" ".join(" ".join([value, *lines[1:]]).split()))
            remedy = f"{key}: {whole}"
            return _mistake(first + index, key, "a colon in a text needs quotes", remedy)
        if inner and value and prefix.startswith(" "):
            message = "this line is indented, so that it would belong to the one above"
            return _mistake(first + index, inner, message, f"{inner}: {text}".rstrip())
        if prefix.endswith("- "):
            if hyphens and prefix != hyphens:
                message = "the hyphens of a list must stand below one another"
                return _mistake(first + index, key, message, f"{hyphens}{line.lstrip(' -')}")
            hyphens = prefix
    return None


def _unexplained(error: MetadataError, key: str) -> Mistake:
    message = next(
        (said for reason, said in _REASONS.items() if reason in error.message), error.message
    )
    remedy = _ITSELF if message.endswith("are not read") else _DEFAULT
    return Mistake(error.line, error.key or key, message, remedy)
