"""Markdown as safe HTML, as a summary; its headings, its links.

The template tags of other generators are read by ``shortcodes``, Markdown by ``grammar``; what
comes out is made safe by ``sanitise`` and set by ``typography``. Every function takes any text,
never raises, and gives the same answer in every process.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape, unescape
from itertools import pairwise
from typing import Any

from newsarchive import grammar
from newsarchive.grammar import Token
from newsarchive.plaintext import HTML_TAG
from newsarchive.sanitise import (
    BASE,
    MAX_INPUT,
    MAX_OUTPUT,
    Place,
    TooMuch,
    address,
    clean,
    plain,
    printable,
)
from newsarchive.shortcodes import expand
from newsarchive.typography import typeset

__all__ = [
    "BASE", "Heading", "Link", "Place", "Rendering", "first_heading", "headings", "links",
    "plain", "render", "summary", "typeset",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rendering:
    """A body as HTML, for pages and for feeds."""

    #: safe HTML; every in-site address begins with BASE
    html: str
    #: why the source is shown as text instead, in one line; else empty
    bounded: str = ""
    #: whether it has a table, a box to tick, a sound, a film or bdo
    is_rich: bool = False
    #: the summary that it would have unasked; empty beyond the bounds
    beginning: str = ""

    def on_page(self, permalink: str) -> str:
        """For a page of the site that holds the body whose own page is ``permalink``.

        Addresses are relative to the site, and the body's anchors to the page. A content security
        policy forbids style attributes: the alignment of a cell is a class, ``align-right``.
        """
        html = self.html.replace(f'="{BASE}{escape(permalink)}#', '="#')
        html = html.replace(f'="{BASE}/', '="/')
        if "text-align" in html:
            html = _ALIGNED.sub(r'\1class="align-\2"', html)
        return html

    def absolute(self, site_url: str) -> str:
        """For a feed: every address absolute; ``site_url`` ends without a slash.

        Readers take style attributes, parts of forms and bdo for a danger: the alignment of a
        cell is an attribute of its own, a box that is ticked or not is a character.
        """
        html = self.html.replace(f'="{BASE}/', f'="{escape(site_url)}/')
        if self.is_rich:
            html = _FRAMED.sub(r"\1", _ALIGNED.sub(r'\1align="\2"', html))
            html = _BOX.sub(lambda box: "☑" if "checked" in box[0] else "☐", html)
            html = _DIRECTED.sub(r"\1span", html)
        return html


#: what feeds say otherwise than pages, and what is played
_RICH = re.compile(r"<(?:table|input|bdo|audio|video)[ >]")
#: what lets a wide table move on a page
_FRAMED = re.compile(r'<div class="table"[^<>]*>(<table>.*?</table>)</div>', re.S)
_BOX = re.compile(r"<input [^<>]*>")
_DIRECTED = re.compile(r"(</?)bdo(?=[ >])")
_ALIGNED = re.compile(r'(<t[dh] (?:[a-z]+="[^"]*" )*)style="text-align: ?(left|right|center);?"')


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a body that stands in no list, quotation, code or HTML."""

    #: 1 to 6
    level: int
    #: its Markdown
    text: str
    #: its first line, and the line after it; 0 is the body's first
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link, a picture, a sound or a film in a body."""

    #: as in a rendering: with BASE, or outside the site; empty when it is not followed
    target: str
    #: as the author wrote it
    written: str
    #: 1 is the body's first; that of the paragraph where no better is known
    line: int
    image: bool
    #: of a picture: its alternative text; None when it has none
    alt: str | None = None


def render(body: str, place: Place) -> Rendering:
    """The body as safe HTML; beyond the bounds, its source as text, and the reason."""
    if len(body) > MAX_INPUT:
        return _source(body, f"longer than {MAX_INPUT:,} characters")
    env: dict[str, Any] = {"french": place.lang.lower().partition("-")[0] == "fr"}
    try:
        tokens = grammar.parse(printable(_expanded(body)), env)
        html = grammar.to_html(tokens, env)
        made = clean(html, "".join(grammar.raw_html(tokens)), place)
        return Rendering(made, is_rich=bool(_RICH.search(made)), beginning=summary(body))
    except TooMuch as breach:
        return _source(body, str(breach))


def _source(body: str, reason: str) -> Rendering:
    # escaping makes six characters of one at most
    source = escape(printable(body)[: MAX_OUTPUT // 6])
    return Rendering(f'<pre class="source">{source}</pre>', reason)


def headings(body: str) -> tuple[Heading, ...]:
    """The headings that stand in no list, quotation, code or HTML; none beyond the bounds."""
    tokens = _blocks(_expanded(body))
    return tuple(
        Heading(int(token.tag[1]), content.content, *token.map)
        for token, content in pairwise(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    )


def _expanded(body: str) -> str:
    return expand(body, _finished)


def _finished(parts: list[str], made: list[tuple[int, int]]) -> str:
    """A text from its parts. Markdown is not read among HTML: what was made there becomes HTML."""
    text = "".join(parts)
    if "<" not in text:
        return text
    lines = grammar.html_lines(text)
    for part, line in made:
        if line in lines:
            parts[part] = _MADE.sub(_as_html, parts[part], count=1)
    return "".join(parts)


_MADE = re.compile(
    r"(?P<image>!?)\[(?P<text>(?:\\.|[^\]\\])*)\]\((?P<target>[^\s()]+)"
    r'(?: "(?P<caption>(?:\\.|[^"\\])*)")?\)'
)


def _as_html(found: re.Match[str]) -> str:
    """A picture or a link that ``shortcodes`` made, as HTML."""
    said = (re.sub(r"\\(.)", r"\1", each or "") for each in found.group("text", "caption"))
    text, caption = (escape(unescape(each)) for each in said)
    target = escape(unescape(found["target"]))
    if not found["image"]:
        return f'<a href="{target}">{text}</a>'
    picture = f'<img src="{target}" alt="{text}">'
    caption = caption and f"<figcaption>{caption}</figcaption>"
    return f"<figure>{picture}{caption}</figure>" if caption else picture


def _blocks(source: str) -> list[Token]:
    try:
        return grammar.blocks(printable(source))
    except TooMuch:
        return []


_OPENING = re.compile(r"(?:[ \t]*\r?\n)*(?P<lines>(?:[^\n]*\S[^\n]*(?:\n|$))+)")
_ATX = re.compile(r" {0,3}#(?:[ \t]|$)")


def first_heading(body: str) -> tuple[str, str] | None:
    """The level-1 heading that a body begins with, as plain text, and the lines after it."""
    opening = _OPENING.match(body)
    if not opening:
        return None
    start, lines = opening.start("lines"), opening["lines"]
    if _ATX.match(lines):
        lines = lines.split("\n", 1)[0]
    elif "\n=" not in re.sub(r"\n {1,3}", "\n", lines[:4_000]):
        return None
    tokens = _blocks(lines[:4_000])
    if not tokens or tokens[0].tag != "h1" or not tokens[0].map:
        return None
    end = start
    for _ in range(tokens[0].map[1]):
        end = body.find("\n", end) + 1 or len(body)
    text, _ = grammar.heading_name(tokens[1].content)
    return _text(text), body[end:]


# no-break spaces are part of the text; a single space is not replaced by itself
_SPACES = re.compile(r" [ \t\n]+|[\t\n][ \t\n]*")
_NOTE_CALL = re.compile(r"\[\^[^\]\s]{1,200}\]")
_REFERENCE = re.compile(r"\[([^\[\]]{1,500})\]\[[^\[\]]{0,200}\]")


#: without any of them a text says what it is
_SIGNS = re.compile(r"[\\`*_~\[<&]")
#: a link, and words between stars, that can mean nothing else
_SIMPLE_LINK = re.compile(
    r"(?<!!)\[([^\\`*_~\[\]<&^][^\\`*_~\[\]<&]{0,500})\]"
    r"\((?:https?://|/|#)[A-Za-z0-9_.,;:/?=%+#@$-]{0,500}\)"
)
_SIMPLE_STRESS = re.compile(
    r"(?<![^ \n\xa0\u202f(])(\*{1,2})(?![\s*])([^\\`*_~\[\]<&]+)"
    r"(?<!\s)\1(?![^ \n\xa0\u202f.,;:!?)…])"
)


def _text(paragraph: str) -> str:
    """A paragraph's Markdown as plain text on one line, without pictures and note calls."""
    simple = paragraph
    if "](" in simple:
        simple = _SIMPLE_LINK.sub(r"\1", simple)
    if "*" in simple:
        simple = _SIMPLE_STRESS.sub(r"\2", simple)
    return _spaced(simple) if not _SIGNS.search(simple) else _parsed_text(paragraph)


def _parsed_text(paragraph: str) -> str:
    text = _REFERENCE.sub(r"\1", _NOTE_CALL.sub("", paragraph))
    return _spaced(grammar.shown(grammar.inline(text)))


def _spaced(text: str) -> str:
    return _SPACES.sub(" ", printable(text)).strip(" ")


_BLANK = re.compile(r"\n[ \t]*\r?\n")
_HTML_PARAGRAPH = re.compile(r"<p(?:\s[^<>]*)?>((?:(?!</?p(?:[\s>]|\Z))[^\0])*)", re.I)
#: with what a line of a paragraph may begin that can begin nothing else
_WORD_START = r"(?:[^\W\d_]|[«“”\"'‘’(¿¡…—–]|[0-9]{1,9}+(?![.)])|\*{1,2}[^\W_])"
#: blocks of HTML that end where a line is blank (CommonMark 0.31, 4.6, the sixth kind), but for
#: those that begin with a paragraph; a sign of a table makes another thing of it
_HTML_START = (
    r" {0,3}</?(?:blockquote|center|details|div|dl|fig(?:caption|ure)|h[1-6]|hr|iframe|li|ol"
    r"|section|summary|table|ul)(?=[ >\n])(?![^\n]*\|)"
)
_ITEM = rf"(?:[-*+]|[0-9]{{1,9}}+[.)])(?: {{1,4}}|\t)(?:{_WORD_START}|\[[^\[\]\n^]+\]\()"
#: what is passed over without parsing: each ends in a line that ends it, whatever follows
_PASSED = (
    r"[ \t]*\n"
    r"| {0,3}#{1,6}[ \t][^\n{<]*+\n"
    # a picture alone, a quotation
    r"|!\[[^\[\]\n`<{\\]*+\]\([^\s()<{\\]*+\)[ \t]*\n[ \t]*\n"
    r"|(?: {0,3}>[^\n{]*+\n)++[ \t]*\n"
    rf"|{_HTML_START}(?:[^\n<{{]++|<(?![pP][\s>])|\n(?![ \t]*\n))*+\n[ \t]*\n"
    # a list, which what follows ends by standing at the margin
    rf"| {{0,3}}{_ITEM}[^\n{{]*+\n(?:[ \t]*(?:{_ITEM}|{_WORD_START})[^\n{{]*+\n)*+"
    r"(?:[ \t]*\n)++(?=\S)"
)
#: a paragraph that needs no parsing to be found: none of its lines can begin anything else, the
#: next is blank, and what follows that makes it no term of a list of definitions
_PLAIN_PARAGRAPH = re.compile(
    rf"(?:{_PASSED})*+((?: {{0,3}}{_WORD_START}[^\n{{<]*+(?:\n|\Z))++)"
    r"[ \t]*(?:\Z|\n(?:[ \t]*\n)*+(?![ \t]*[:~{]))"
)
#: likewise one of HTML
_HTML_OPENING = re.compile(
    rf"(?:{_PASSED})*+((?: {{0,3}}<p[ >](?![^\n]*\|)|{_HTML_START})"
    r"[^\n{]*+(?:\n(?![ \t]*(?:\n|\Z))[^\n{]*+)*+)(?:\n|\Z)"
)
_NO_TEXT = {"table_open": 1, "table_close": -1, "footnote_reference_open": 1} | {
    "footnote_reference_close": -1
}


def summary(body: str, limit: int = 300) -> str:
    """The first paragraph as plain text on one line, at most ``limit`` characters.

    Headings, pictures, code and tables are passed over; without any paragraph it is the first
    item of a list or the first words of a quotation; empty when there is none in the first
    16,000 characters. Only the beginning is parsed.
    """
    text = _plain_text(_beginning(body, 400)) or _plain_text(_beginning(body, 4_000))
    text = text or _parsed_beginning(body)
    if len(text) <= limit:
        return text
    words = text[:limit].rsplit(" ", 1)[0][: limit - 1]
    return words.rstrip(" \u202f\xa0.,;:!?…–—-«(") + "…"


def _beginning(body: str, size: int) -> str:
    """A body up to the first blank line after some characters."""
    blank = _BLANK.search(body, size, size + 8_000)
    return printable(body[: blank.start() if blank else size + 8_000])


def _plain_text(source: str) -> str:
    """The text of the first paragraph, where it is found without parsing."""
    if opening := _PLAIN_PARAGRAPH.match(source):
        return _text(opening[1].strip()[:4_000])
    opening = _HTML_OPENING.match(source)
    return _html_text(opening[1]) if opening else ""


def _parsed_beginning(body: str) -> str:
    """The text of the first paragraph, or what stands for it, of as much as has to be parsed."""
    for size in (400, 4_000, 16_000):
        start = _beginning(body, size)
        found, text = _first_text(start)
        if found or len(start) == len(body):
            break
    return text


def _first_text(source: str) -> tuple[bool, str]:
    """Whether there is a paragraph, and its text, or else that of a list or a quotation."""
    tokens = _blocks(_expanded(source))
    fallback, skipped = "", 0
    for token, content in zip(tokens, [*tokens[1:], *tokens[:1]], strict=True):
        skipped += _NO_TEXT.get(token.type, 0)
        if token.type == "html_block":
            text = _html_text(token.content)
        elif token.type == "paragraph_open" and not skipped and (token.level == 0 or not fallback):
            text = _text(content.content[:4_000])
        else:
            continue
        if text and token.level == 0:
            return True, text
        fallback = fallback or text
    return False, fallback


def _html_text(block: str) -> str:
    """The text of the first paragraph of a block of HTML."""
    found = _HTML_PARAGRAPH.search(block)
    return " ".join(printable(unescape(HTML_TAG.sub("", found[1]))).split()) if found else ""


_RAW = re.compile(r"<(a|img|audio|video|source)\s([^<>]*)>", re.I)
_RAW_ATTRIBUTE = re.compile(r"\b(href|src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I)


def links(body: str, place: Place) -> tuple[Link, ...]:
    """Every link and picture, of Markdown and of HTML, in order; none beyond the bounds."""
    try:
        tokens = grammar.parse(printable(_expanded(body)), {})
    except TooMuch:
        return ()
    found: list[Link] = []
    line = 1
    for token in tokens:
        line = token.map[0] + 1 if token.map else line
        if token.type == "html_block":
            found += _raw_links(token.content, line, place)
        elif token.type == "inline":
            found += _inline_links(token.children or [], line, place)
    return tuple(found)


def _inline_links(tokens: list[Token], line: int, place: Place) -> Iterator[Link]:
    for token in tokens:
        if token.type == "link_open":
            written = str(token.attrs.get("href", ""))
            yield Link(address(written, place) or "", written, line, image=False)
        elif token.type == "image":
            written = str(token.attrs.get("src", ""))
            alt = grammar.shown(token.children or ())
            yield Link(address(written, place) or "", written, line, image=True, alt=alt)
            yield from _inline_links(token.children or [], line, place)
        elif token.type == "html_inline":
            yield from _raw_links(token.content, line, place)
        line += token.type in ("softbreak", "hardbreak") or token.content.count("\n")


def _raw_links(html: str, line: int, place: Place) -> Iterator[Link]:
    end = 0
    for tag in _RAW.finditer(html):
        line += html.count("\n", end, tag.start())
        end = tag.start()
        given = {name.lower(): unescape("".join(v)) for name, *v in _RAW_ATTRIBUTE.findall(tag[2])}
        image = tag[1].lower() == "img"
        written = given.get("href" if tag[1].lower() == "a" else "src")
        if written is not None:
            target = address(printable(written), place) or ""
            yield Link(target, written, line, image, given.get("alt") if image else None)
