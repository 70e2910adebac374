"""The Markdown that is understood, as markdown-it tokens. The only import of markdown_it.

CommonMark with tables, strikethrough, task lists, footnotes, definition lists, headings with
names (``## Title {#name}``) and figures: a picture alone in its paragraph, whose title becomes its
caption. Quotation marks, dashes and bare addresses are ``sanitise``'s, which sees raw HTML too.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape, unescape
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref
from slugify import slugify

from newsarchive.sanitise import MAX_DEPTH, MAX_OUTPUT, TooMuch, printable
from newsarchive.shortcodes import expand

__all__ = [
    "Token",
    "blocks",
    "expanded",
    "heading_name",
    "html_lines",
    "inline",
    "parse",
    "raw_html",
    "shown",
    "to_html",
]

# markdown-it drops what is nested deeper: past MAX_DEPTH, so that ``sanitise`` refuses it aloud.
# Within paragraphs it takes such brackets for text, at a cost that grows with the depth.
_BLOCK_NESTING, _INLINE_NESTING = MAX_DEPTH + 2, 12
# It takes up to 30 µs for each line and level of quotation, and up to 20 µs for a bracket.
_MAX_QUOTED, _MAX_BRACKETS = 30_000, 60_000
# and up to 50 µs for a line that is a block, 8 µs for another character that may mean something.
_MAX_LINES, _MAX_MARKS = 50_000, 300_000
# slugify takes 50 µs: headings beyond these are numbered
_MAX_NAMED = 1_000


class _Parser(MarkdownIt):
    """Leaves addresses as they are written: ``sanitise`` judges and encodes all of them."""

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 -- the library's name
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


def _new(nesting: int) -> _Parser:
    parser = _Parser("commonmark", {"maxNesting": nesting, "xhtmlOut": False})
    parser.enable(["table", "strikethrough"]).use(footnote_plugin).use(deflist_plugin)
    # inline notes nest without bound, and GitHub has none
    parser.disable("footnote_inline")
    parser.inline.ruler.at("footnote_ref", _note_call)
    return parser


@cache
def _parser() -> _Parser:
    """One parser for all: it holds nothing between texts, and its rules are compiled here,
    because markdown-it compiles them at first use, which threads may not share."""
    parser, within = _new(_BLOCK_NESTING), _new(_INLINE_NESTING)

    def inline(state: StateCore) -> None:
        for token in state.tokens:
            if token.type == "inline":
                token.children = []
                within.inline.parse(token.content, within, state.env, token.children)

    parser.core.ruler.at("inline", inline)
    parser.core.ruler.before("inline", "heading_names", _heading_names)
    for rule in (_heading_ids, _tasks, _figures):
        parser.core.ruler.push(rule.__name__, rule)
    for name, render in _NOTES.items():
        parser.add_render_rule(name, render)
    parser.parse("*x* [x](x)[^x]\n\n[^x]: x\n\n> - x\n\nx\n: x")
    return parser


@cache
def _block_parser() -> _Parser:
    parser = _new(_BLOCK_NESTING)
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.parse("> - x")
    return parser


def parse(source: str, env: dict[str, Any]) -> list[Token]:
    """The tokens of a text; ``env`` receives its references. Raises TooMuch."""
    _bound(source)
    tokens = _parser().parse(source, env)
    if "references" in env and _repeated(tokens) > MAX_OUTPUT:
        raise TooMuch(f"more than {MAX_OUTPUT:,} characters of repeated addresses")
    return tokens


def blocks(source: str) -> list[Token]:
    """The tokens of a text, its paragraphs left unparsed; none beyond the bounds."""
    source = printable(source)
    try:
        _bound(source)
        return _block_parser().parse(source)
    except TooMuch:
        return []


def html_lines(source: str) -> frozenset[int]:
    """The lines that stand in blocks of HTML, where no Markdown is read; 1 is the first."""
    return frozenset(
        line + 1
        for token in blocks(source)
        if token.type == "html_block" and token.map
        for line in range(*token.map)
    )


def expanded(body: str) -> str:
    """A body with its template tags read, printable."""
    return printable(expand(body, _finished))


def _finished(parts: list[str], made: list[tuple[int, int]]) -> str:
    """A text from its parts. Markdown is not read among HTML: what was made there becomes HTML."""
    text = "".join(parts)
    if "<" not in text:
        return text
    lines = html_lines(text)
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


def inline(source: str) -> list[Token]:
    """The tokens of one paragraph."""
    return _parser().parseInline(source)[0].children or []


def to_html(tokens: Sequence[Token], env: dict[str, Any]) -> str:
    """HTML that is not safe yet."""
    parser = _parser()
    html: str = parser.renderer.render(tokens, parser.options, env)
    return html


def raw_html(tokens: Sequence[Token]) -> Iterator[str]:
    """The HTML that the author wrote."""
    for token in tokens:
        if token.type in ("html_block", "html_inline"):
            yield token.content
        elif token.children:
            yield from raw_html(token.children)


def shown(tokens: Sequence[Token]) -> str:
    """The text of a paragraph's tokens, without pictures and tags."""
    parts = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)


_QUOTED = re.compile(r"(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)]))*[ \t]*>")


def _bound(source: str) -> None:
    if sum(1 for line in source.splitlines() if line.strip()) > _MAX_LINES:
        raise TooMuch(f"more than {_MAX_LINES:,} lines")
    if source.count("[") > _MAX_BRACKETS:
        raise TooMuch(f"more than {_MAX_BRACKETS:,} brackets")
    if sum(map(source.count, "*_`~<&\\!|")) > _MAX_MARKS:
        raise TooMuch(f"more than {_MAX_MARKS:,} signs of markup")
    depth = cost = 0
    for line in source.split("\n") if ">" in source else ():
        if ">" in line and (marks := _QUOTED.match(line)):
            depth = max(depth, marks[0].count(">"))
        # a line without its mark still belongs to the quotation, unless it is blank
        depth = depth if line.strip() else 0
        cost += depth
    if cost > _MAX_QUOTED:
        raise TooMuch("too many lines in quotations that deep")


def _repeated(tokens: Sequence[Token]) -> int:
    """What the attributes hold: one reference may be written out any number of times."""
    return sum(
        sum(len(str(value)) for value in child.attrs.values())
        for token in tokens
        for child in token.children or ()
    )


def heading_name(text: str) -> tuple[str, str]:
    """A heading without the ``{#name .key id=x}`` at its end, and the name; empty if none."""
    stripped = text.rstrip()
    start = stripped.rfind("{")
    if start < 0 or stripped[-1] != "}":
        return text, ""
    given = stripped[start + 1 : -1].removeprefix(":").split()
    if not given or not all(_ATTRIBUTE.fullmatch(each) for each in given):
        return text, ""
    names = [each[1:] for each in given if each[0] == "#"]
    return stripped[:start].rstrip(), names[0] if names else ""


_ATTRIBUTE = re.compile(r"[#.][^\s\"'<>&{}#]{1,100}|[\w-]{1,100}=[^\s{}]{1,500}")


def _heading_names(state: StateCore) -> None:
    for token, content in pairwise(state.tokens):
        if token.type == "heading_open":
            content.content, name = heading_name(content.content)
            if name:
                token.attrSet("id", name)


def _heading_ids(state: StateCore) -> None:
    opened = [pair for pair in pairwise(state.tokens) if pair[0].type == "heading_open"]
    taken = {token.attrGet("id") for token, _ in opened}
    count: dict[str, int] = {}
    for number, (token, content) in enumerate(opened):
        if token.attrGet("id"):
            continue
        text = shown(content.children or ())[:200] if number < _MAX_NAMED else ""
        slug = base = slugify(text, replacements=(("’", "-"), ("'", "-"))) or "section"
        while slug in taken:
            count[base] = count.get(base, 0) + 1
            slug = f"{base}-{count[base]}"
        taken.add(slug)
        token.attrSet("id", slug)


_TASK = re.compile(r"\[([ xX])\][ \t]")


def _tasks(state: StateCore) -> None:
    for item, paragraph, content in zip(
        state.tokens, state.tokens[1:], state.tokens[2:], strict=False
    ):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open":
            continue
        first = content.children[0] if content.children else content
        found = _TASK.match(first.content) if first.type == "text" else None
        if found and content.children:
            checked = "" if found[1] == " " else " checked"
            box = Token("task", "", 0, content=f'<input type="checkbox"{checked}>')
            first.content = first.content[3:]
            content.children.insert(0, box)


def _figures(state: StateCore) -> None:
    for start, content, end in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        inner = content.children or []
        if start.type != "paragraph_open" or start.hidden or not 0 < len(inner) <= 3:
            continue
        kinds = [token.type for token in inner]
        if kinds not in (["image"], ["link_open", "image", "link_close"]):
            continue
        if caption := inner[len(inner) // 2].attrs.pop("title", ""):
            start.tag = end.tag = "figure"
            text = escape(str(caption), quote=False)
            inner.append(Token("caption", "", 0, content=f"<figcaption>{text}</figcaption>"))


_NOTE = re.compile(r"\[\^[^\]\s]{1,200}\]")


def _note_call(state: StateInline, silent: bool) -> bool:
    # the plugin's rule looks for the bracket up to the end of the text, after each [^
    return bool(_NOTE.match(state.src, state.pos)) and footnote_ref(state, silent)


def _note_number(token: Token) -> tuple[str, str]:
    """The note's number, and what names one call of it."""
    number, call = token.meta["id"] + 1, token.meta.get("subId", 0)
    return str(number), f"fnref{number}" + (f"-{call + 1}" if call > 0 else "")


def _call(_: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    number, name = _note_number(tokens[index])
    link = f'<a href="#fn{number}" id="{name}" role="doc-noteref">{number}</a>'
    return f'<sup class="footnote-ref">{link}</sup>'


def _back(_: Any, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    number, name = _note_number(tokens[index])
    label = "Retour au texte, note" if env["french"] else "Back to the text, note"
    if tokens[index].meta.get("subId", 0) > 0:
        number = f"{number}, {tokens[index].meta['subId'] + 1}"
    # U+FE0E: an arrow, and no picture of one on telephones
    return (
        f' <a href="#{name}" class="footnote-back" role="doc-backlink"'
        f' aria-label="{label} {number}">↩\ufe0e</a>'
    )


def _note(_: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return f'<li id="fn{_note_number(tokens[index])[0]}">'


def _constant(html: str) -> Any:
    return lambda *_: html


_NOTES: dict[str, Any] = {
    "footnote_ref": _call,
    "footnote_block_open": _constant('<section class="footnotes">\n<hr>\n<ol>\n'),
    "footnote_block_close": _constant("</ol>\n</section>\n"),
    "footnote_open": _note,
    "footnote_close": _constant("</li>\n"),
    "footnote_anchor": _back,
    "task": lambda _self, tokens, index, *_: tokens[index].content,
    "caption": lambda _self, tokens, index, *_: tokens[index].content,
}
