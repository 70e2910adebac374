"""Markdown as safe HTML; its headings, its links.

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
from newsarchive.summaries import plain_text, summary
from newsarchive.typography import typeset

__all__ = [
    "BASE", "Heading", "Link", "Place", "Rendering", "first_heading", "headings", "links",
    "plain", "render", "typeset",
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
        tokens = grammar.parse(grammar.expanded(body), env)
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
    tokens = grammar.blocks(grammar.expanded(body))
    return tuple(
        Heading(int(token.tag[1]), content.content, *token.map)
        for token, content in pairwise(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    )


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
    tokens = grammar.blocks(lines[:4_000])
    if not tokens or tokens[0].tag != "h1" or not tokens[0].map:
        return None
    end = start
    for _ in range(tokens[0].map[1]):
        end = body.find("\n", end) + 1 or len(body)
    text, _ = grammar.heading_name(tokens[1].content)
    return plain_text(text), body[end:]


_RAW = re.compile(r"<(a|img|audio|video|source)\s([^<>]*)>", re.I)
_RAW_ATTRIBUTE = re.compile(r"\b(href|src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I)


def links(body: str, place: Place) -> tuple[Link, ...]:
    """Every link and picture, of Markdown and of HTML, in order; none beyond the bounds."""
    try:
        tokens = grammar.parse(grammar.expanded(body), {})
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
