"""Bodies, titles and names as plain text, without parsing their Markdown."""

import re
from functools import lru_cache
from html import unescape

from newsarchive.metadata import folded
from newsarchive.permalink import MAX_KEPT_NAME
from newsarchive.sanitise import MAX_INPUT, printable

HTML_TAG = re.compile(r"<[^<>]*>")
_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,}).*$", re.M)
_TEMPLATE = re.compile(r"\{[{%].{0,400}?[}%]\}|\{[:.][\w #.=\"-]{1,200}\}", re.S)
_COMMENT = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.S | re.I)
_LINKED = re.compile(
    r"\]\(\s{0,9}[^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\s{0,9}\)|\]\[[^\[\]]*\]"
)
_DEFINED = re.compile(r"^ {0,3}\[[^\]\n]+\]: \S+.*$", re.M)
_LINE_MARKS = re.compile(r"^[ \t>]*(?:#{1,6} |[-*+] (?:\[[ xX]\] )?)", re.M)
# a class of signs and then which it was: so the text is scanned six times as fast as for each
_MARKS = re.compile(
    r"[*`|\]\[!~_](?:(?<=[*`|\]])|(?<=\[)\^?|(?<=!)\[\^?|(?<=~)~|(?<=_)(?:(?<!\w_)_*|_*(?!\w)))"
)


def text(body: str) -> str:
    """The words of a body as plain text, line by line: what is searched, and what is shown of it.

    Markdown is not parsed, which takes fifty times as long: its signs, addresses, HTML and
    template tags are taken out where they are easily seen.
    """
    found = body[:MAX_INPUT]
    # what is not there is looked for much more quickly than a pattern
    if "```" in found or "~~~" in found:
        found = _FENCE.sub("", found)
    if "]: " in found:
        found = _DEFINED.sub("", found)
    if "<" in found:
        found = HTML_TAG.sub(" ", _COMMENT.sub(" ", found))
    if "{" in found:
        found = _TEMPLATE.sub(" ", found)
    if "](" in found or "][" in found:
        found = _LINKED.sub("]", found)
    found = _MARKS.sub("", _LINE_MARKS.sub("", found))
    if "&" in found:
        found = _ENTITY.sub(lambda entity: unescape(entity[0]), found)
    return printable(found)


def line(body: str) -> str:
    """The same on one line, with single spaces; no-break spaces are part of the text."""
    found = text(body).replace("\n", " ").replace("\t", " ").replace("\r", " ")
    while "  " in found:
        found = found.replace("  ", " ")
    return found.strip(" ")


_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NAME_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*)?/?>")
_CLOSED = re.compile(r"</([A-Za-z][A-Za-z0-9]*)\s*>")
_NAME_SIGNS = re.compile(r"[`*_\[]")
_NAME_MARKS = re.compile(
    r"(?P<ticks>`{1,2})(?!`)(?P<code>[^`]+)(?P=ticks)(?!`)"
    r"|(?<![\w*\\])(?P<stars>\*{1,3})(?=[^\s*])(?P<strong>[^*]+)(?<=\S)(?P=stars)(?![\w*])"
    r"|(?<![\w\\])_(?=[^\s_])(?P<em>[^_]+)(?<=\S)_(?!\w)"
    r"|!?\[(?P<link>[^\[\]]+)\]\([^()\s]+\)"
)


def unmarked(name: str) -> str:
    """A title or a name without HTML, Markdown and entities; what is none of them stays."""
    if "<" in name:
        closed = {found.lower() for found in _CLOSED.findall(name)} | {"wbr"}
        name = re.sub(r"<br\s*/?>", " ", name)
        name = _NAME_TAG.sub(lambda tag: "" if tag[1].lower() in closed else tag[0], name)
    for _ in range(4):  # one within another
        if not _NAME_SIGNS.search(name):
            break
        before = name
        name = _NAME_MARKS.sub(
            lambda mark: mark["code"] or mark["strong"] or mark["em"] or mark["link"], name
        )
        if name == before:
            break
    return _ENTITY.sub(lambda entity: unescape(entity[0]), name) if "&" in name else name


def name(written: str) -> str:
    """A tag or an author as plain text on one line; most are written in many files."""
    return _kept_name(written) if len(written) <= MAX_KEPT_NAME else _name(written)


def _name(written: str) -> str:
    return folded(unmarked(written))


_kept_name = lru_cache(maxsize=4096)(_name)


def marked(name: str) -> str:
    """A title or a name as it must be written for ``unmarked`` to give it."""
    if unmarked(name) == name:
        return name
    return re.sub(r"[&<>*_`\[\]]", lambda sign: f"&#{ord(sign[0])};", name)
