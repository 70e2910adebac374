"""The simplest YAML, read without its parser in a sixth of the time: what most heads are.

Lines of ``key: value``, a value being a text of one line, plain or in quotes, or a list of such
texts between brackets or line by line. Any sign that might mean more to YAML leaves the head to
the parser; a test holds the two to the same trees.
"""

import re

from newsarchive.metadata import Mapping, Node, Scalar, Sequence, once

#: characters of a head; a longer one is for the parser, which counts values
LONGEST = 4_000

_SIGNS = r"\w.,;()/+’‘…«»“”'\"?!&*%@$€£=|~<>°·×–—\xa0\u202f\-"
#: what ends at a colon or a # ends the match too
_PLAIN = rf"[\w/(«“][{_SIGNS}]*(?:(?: |:(?=[{_SIGNS}]))+[{_SIGNS}]+)*"
#: within brackets commas and quotes mean something
_LISTED = r"\w(?:[\w./+’«» -]*[\w./+’«»-])?"
# the parser ends a line at these too
_ENDS = r"\n\x85\u2028\u2029\ufeff"
_QUOTED = rf"\"[^\"\\{_ENDS}]*\"|'[^'{_ENDS}]*'"
_ITEM = rf"(?:{_QUOTED}|{_LISTED})"
_LINE = re.compile(
    rf"(?P<key>[^\W\d_][\w-]{{0,99}}):(?: +(?:(?P<quoted>{_QUOTED})|(?P<plain>{_PLAIN})"
    rf"|\[(?P<list> *(?:{_ITEM}(?: *, *{_ITEM})*)? *)\]))? *\Z"
)
_LIST_ITEM = re.compile(rf"(?P<indent> *)- +(?:(?P<quoted>{_QUOTED})|(?P<plain>{_PLAIN})) *\Z")
_ITEMS = re.compile(_ITEM)


def read(text: str, first: int) -> Mapping | None:
    """The tree of a head, whose lines are counted from ``first``; None where it takes the parser.

    Raises:
        MetadataError: a key stands twice.
    """
    if len(text) > LONGEST:
        return None
    items: list[tuple[Scalar, Node]] = []
    lines = text.split("\n")
    place, end = 0, len(lines)
    while place < end:
        line = lines[place]
        place += 1
        if not line:
            continue
        found = _LINE.match(line)
        if not found:
            return None
        key = Scalar(found["key"], first + place - 1, 0, plain=True)
        if key.is_null:
            return None
        kind = found.lastgroup
        if kind == "key":  # what it has stands below, or nowhere
            values = _below(lines, place, first)
            if not values:
                return None
            items.append((key, Sequence(values, values[0].line)))
            place += len(values)
        elif kind == "list":
            items.append((key, Sequence(_within(found, key.line), key.line)))
        else:
            items.append((key, _scalar(found, key.line)))
    return Mapping(once(items), items[0][0].line) if items else None


def _scalar(found: re.Match[str], line: int) -> Scalar:
    quoted, start = found["quoted"], found.start(found.lastgroup or 0)
    if quoted is None:
        return Scalar(found["plain"], line, start, plain=True)
    return Scalar(quoted[1:-1], line, start)


def _within(found: re.Match[str], line: int) -> tuple[Scalar, ...]:
    """The texts between brackets."""
    return tuple(
        [
            Scalar(text[1:-1], line, each.start())
            if (text := each[0])[0] in "\"'"
            else Scalar(text, line, each.start(), plain=True)
            for each in _ITEMS.finditer(found.string, *found.span("list"))
        ]
    )


def _below(lines: list[str], place: int, first: int) -> tuple[Scalar, ...]:
    """The texts of a list that begins with a line, as far as it is simple and straight."""
    values: list[Scalar] = []
    indent: str | None = None
    while place < len(lines) and (found := _LIST_ITEM.match(lines[place])):
        if indent is None:
            indent = found["indent"]
        elif found["indent"] != indent:
            return ()
        values.append(_scalar(found, first + place))
        place += 1
    return tuple(values)
