"""Summaries: the first paragraph of a body as plain text.

Most are found without parsing, in a tenth of the time; a test holds what is found so to what the
parser finds.
"""

import re
from html import unescape

from newsarchive import grammar
from newsarchive.patterns import repeated
from newsarchive.plaintext import HTML_TAG
from newsarchive.sanitise import printable

# no-break spaces are part of the text; a single space is not replaced by itself
_SPACES = re.compile(r" [ \t\n]+|[\t\n][ \t\n]*")
_NOTE_CALL = re.compile(r"\[\^[^\]\s]{1,200}\]")
_REFERENCE = re.compile(r"\[([^\[\]]{1,500})\]\[[^\[\]]{0,200}\]")


#: without any of them a text says what it is
_SIGNS = re.compile(r"[\\`*_~\[<&]")
#: a link, and words between stars or underscores, that can mean nothing else
_SIMPLE_LINK = re.compile(
    r"(?<!!)\[([^\\`*_~\[\]<&^][^\\`*_~\[\]<&]{0,500})\]"
    r"\((?:https?://|mailto:|/|#)[\w.,;:/?=%+#@$&-]{0,500}\)"
)
_SIMPLE_STRESS = re.compile(
    # a class of signs and then what it must not follow, which is looked for many times as fast
    r"([*_](?<![^ \n\xa0\u202f(\[].)(?:(?<=\*)\*|(?<=_)_)?)(?![\s*_])([^\\`*_~\[\]<&]+)"
    r"(?<!\s)\1(?![^ \n\xa0\u202f.,;:!?)…\]])"
)


def plain_text(paragraph: str) -> str:
    """A paragraph's Markdown, printable, as plain text on one line, without pictures and note
    calls."""
    simple = paragraph.replace("&nbsp;", "\xa0")
    links = 0
    if "](" in simple:
        simple, links = _SIMPLE_LINK.subn(r"\1", simple)
    if "*" in simple or "_" in simple:
        simple = _SIMPLE_STRESS.sub(r"\2", simple)
        if not links:  # some may be around words in stress; but none is within another
            simple = _SIMPLE_LINK.sub(r"\1", simple)
    return _parsed_text(paragraph) if _SIGNS.search(simple) else _spaced(simple)


def _parsed_text(paragraph: str) -> str:
    text = _REFERENCE.sub(r"\1", _NOTE_CALL.sub("", paragraph))
    return _spaced(printable(grammar.shown(grammar.inline(text))))


def _spaced(text: str) -> str:
    return _SPACES.sub(" ", text).strip(" ")


_BLANK = re.compile(r"\n[ \t]*\r?\n")
_HTML_PARAGRAPH = re.compile(r"<p(?:\s[^<>]*)?>((?:(?!</?p(?:[\s>]|\Z))[^\0])*)", re.I)
#: with what a line of a paragraph may begin that can begin nothing else
_WORD_START = (
    r"(?:[^\W\d_]|[«“”\"'‘’(¿¡…—–$€£]|[0-9]{1,9}+(?![.)])|\*{1,3}(?=[^\s*])|_{1,3}(?=[^\s_])"
    r"|\[[^\[\]\n^]+\]\()"
)
#: blocks of HTML that end where a line is blank (CommonMark 0.31, 4.6, the sixth kind), but for
#: those that begin with a paragraph; a sign of a table makes another thing of it
_HTML_START = (
    r" {0,3}</?(?:blockquote|center|details|div|dl|fig(?:caption|ure)|h[1-6]|hr|iframe|li|ol"
    r"|section|summary|table|ul)(?=[ >\n])(?![^\n]*\|)"
)
_ITEM = rf"(?:[-*+]|[0-9]{{1,9}}+[.)])(?: {{1,4}}|\t){_WORD_START}"
_CODE = r" {4}[^\n{]*+\n"
_QUOTATION = r" {0,3}>[^\n{]*+\n"
_EMPTY = r"[ \t]*\n"
_IN_HTML = repeated(r"[^\n<{]++|<(?![pP][\s>])|\n(?![ \t]*\n)")
_IN_A_LIST = repeated(rf"[ \t]*(?:{_ITEM}|{_WORD_START})[^\n{{]*+\n")
#: what is passed over without parsing: each ends in a line that ends it, whatever follows
_PASSED = repeated(
    _EMPTY + r"| {0,3}#{1,6}[ \t][^\n{<]*+\n"
    # code, a picture alone, a quotation
    rf"|{_CODE}{repeated(_CODE)}{_EMPTY}"
    r"|!\[[^\[\]\n`<{\\]*+\]\([^\s()<{\\]*+(?: \"[^\"\n`<{\\]*+\")?\)[ \t]*\n[ \t]*\n"
    rf"|{_QUOTATION}{repeated(_QUOTATION)}{_EMPTY}"
    rf"|{_HTML_START}{_IN_HTML}\n{_EMPTY}"
    # a list, which what follows ends by standing at the margin
    rf"| {{0,3}}{_ITEM}[^\n{{]*+\n{_IN_A_LIST}"
    rf"{_EMPTY}{repeated(_EMPTY)}(?=\S)"
)
_MORE_LINES = repeated(rf" *(?:{_WORD_START}|\[(?!\^))[^\n{{]*+(?:\n|\Z)")
_MORE_HTML = repeated(r"\n(?![ \t]*(?:\n|\Z))[^\n{]*+")
#: a paragraph that needs no parsing to be found: none of its lines can begin anything else, the
#: next is blank, and what follows that makes it no term of a list of definitions
_PLAIN_PARAGRAPH = re.compile(
    rf"{_PASSED}( {{0,3}}{_WORD_START}[^\n{{]*+(?:\n|\Z){_MORE_LINES})"
    rf"[ \t]*(?:\Z|\n{repeated(_EMPTY)}(?![ \t]*[:~{{]))"
)
#: likewise one of HTML
_HTML_OPENING = re.compile(
    rf"{_PASSED}((?: {{0,3}}<p[ >](?![^\n]*\|)|{_HTML_START})"
    rf"[^\n{{]*+{_MORE_HTML})(?:\n|\Z)"
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
    text = _found_text(_beginning(body, 400)) or _found_text(_beginning(body, 4_000))
    text = text or _parsed_beginning(body)
    if len(text) <= limit:
        return text
    words = text[:limit].rsplit(" ", 1)[0][: limit - 1]
    return words.rstrip(" \u202f\xa0.,;:!?…–—-«(") + "…"


def _beginning(body: str, size: int) -> str:
    """A body up to where some characters ``_end``, its template tags read, printable."""
    return grammar.expanded(body[: _end(body, size)])


def _end(body: str, size: int) -> int:
    """The first blank line after some characters."""
    blank = _BLANK.search(body, size, size + 8_000)
    return blank.start() if blank else min(size + 8_000, len(body))


def _found_text(source: str) -> str:
    """The text of the first paragraph, where it is found without parsing."""
    if opening := _PLAIN_PARAGRAPH.match(source):
        return plain_text(opening[1].strip()[:4_000])
    opening = _HTML_OPENING.match(source)
    return _html_text(opening[1]) if opening else ""


def _parsed_beginning(body: str) -> str:
    """The text of the first paragraph, or what stands for it, of as much as has to be parsed."""
    for size in (400, 4_000, 16_000):
        found, text = _first_text(_beginning(body, size))
        if found or _end(body, size) == len(body):
            break
    return text


def _first_text(source: str) -> tuple[bool, str]:
    """Whether there is a paragraph, and its text, or else that of a list or a quotation."""
    tokens = grammar.blocks(source)
    fallback, skipped = "", 0
    for token, content in zip(tokens, [*tokens[1:], *tokens[:1]], strict=True):
        skipped += _NO_TEXT.get(token.type, 0)
        if token.type == "html_block":
            text = _html_text(token.content)
        elif token.type == "paragraph_open" and not skipped and (token.level == 0 or not fallback):
            text = plain_text(content.content[:4_000])
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
