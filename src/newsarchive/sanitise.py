"""Where HTML becomes safe: elements, attributes, addresses, ids. The only import of nh3.

``clean`` takes HTML that may hold anything and gives HTML that pages and feeds may use as it is.
nh3 decides what may stand there; a pass over its output, which is well-formed, then resolves the
addresses, prefixes the ids and sets the text. That order lets one Cleaner serve every rendering.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from posixpath import join
from unicodedata import normalize
from urllib.parse import quote

import nh3

from newsarchive.typography import Typesetter

#: stands for the site in a rendering, so that one rendering serves pages and feeds
BASE = "http://newsarchive.invalid"
_SITE = "newsarchive.invalid"

#: of elements within elements; of characters of a body, put out, and of an address
MAX_DEPTH, MAX_INPUT, MAX_OUTPUT, MAX_ADDRESS = 100, 2_000_000, 4_000_000, 4_096

# nh3 is quadratic in open elements and in the attributes of one (8,000 <div>: 0.12 s), and HTML
# repeats unclosed <b id=…> in each paragraph that follows: these bounds keep both below 0.5 s.
_MAX_TAGS, _MAX_REPEATED, _MAX_WORDS = 20_000, 1_000_000, 20_000


class TooMuch(Exception):  # noqa: N818 -- it is a verdict, seen by ``markup`` alone
    """The HTML breaks a bound; the message says which, in one line."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a body stands."""

    #: its page, percent-encoded, with a slash at each end; anchors within the body belong to it
    permalink: str
    #: the folder of its file, likewise; relative addresses are relative to it
    folder: str
    #: BCP 47
    lang: str
    #: put before every id, so that two bodies share a page; never empty
    prefix: str


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_BLOCKS = _names(
    "p div section h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote figure figcaption pre hr table "
    "caption colgroup col thead tbody tfoot tr th td details summary audio video source"
)
_INLINE = _names(
    "a abbr acronym b bdi bdo br cite code del dfn em i img input ins kbd mark q rp rt ruby s samp "
    "small span strike strong sub sup time tt u var wbr"
)
_VOID = _names("br hr img input source wbr col")
_VERBATIM = _names("pre code kbd samp var tt")
_MODERN = {"strike": "s", "tt": "code", "acronym": "abbr"}
_FORMATTING = re.compile(r"<(?:b|big|code|em|font|i|s|small|strike|strong|tt|u)[\s/]", re.I)

_CLEANER = nh3.Cleaner(
    tags=_BLOCKS | _INLINE,
    clean_content_tags=_names(
        "script style iframe object svg math template noscript textarea select title"
    ),
    attributes={
        "*": {"id", "lang", "dir"},
        "a": {"href", "title", "name", "aria-label"},
        "abbr": {"title"},
        "audio": {"src"},
        "blockquote": {"cite"},
        "code": {"class"},
        "del": {"cite", "datetime"},
        "details": {"open"},
        "img": {"src", "alt", "title", "width", "height"},
        "input": {"checked"},
        "ins": {"cite", "datetime"},
        "li": {"value"},
        "ol": {"start", "reversed"},
        "q": {"cite"},
        "source": {"src"},
        "td": {"colspan", "rowspan", "style"},
        "th": {"colspan", "rowspan", "scope", "style"},
        "time": {"datetime"},
        "video": {"src"},
    },
    tag_attribute_values={
        "input": {"type": {"checkbox"}},
        "a": {"role": {"doc-noteref", "doc-backlink"}},
    },
    set_tag_attribute_values={
        "input": {"disabled": ""},
        "audio": {"controls": "", "preload": "none"},
        "video": {"controls": "", "preload": "none"},
    },
    allowed_classes={
        "a": {"footnote-back"},
        "div": {"note"},
        "p": {"note"},
        "section": {"footnotes"},
        "span": {"sc"},
        "sup": {"footnote-ref"},
    },
    filter_style_properties={"text-align"},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
)

# What XML 1.0 forbids (section 2.2) or discourages (controls), and lone surrogates, which no
# encoding can write.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
#: how Zola writes addresses from its content folder, and Pelican those of files
_INTERNAL = re.compile(
    r"@/|(?:\{|%7B)(?:filename|static|attach)(?:\}|%7D)|\|(?:filename|static|attach)\|", re.I
)
_ROOT = "/articles/"
_HOST = re.compile(r"[^\s/?#<>\"^`{|}%]+(?=[/?#]|$)")
_PLAIN = re.compile(r"[\w/:@!$&'()*+,;=.~?-]*", re.ASCII)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODED_DOT = re.compile("%2e", re.I)


def printable(text: str) -> str:
    """The text without the characters that XML 1.0 forbids and without lone surrogates."""
    return _FORBIDDEN.sub("", text)


def address(written: str, place: Place) -> str | None:
    """The address as a rendering has it: in-site ones begin with BASE, others are absolute.

    None when it must not be followed: an unsafe or unknown scheme, or no address at all.
    """
    text = _CONTROL.sub("", written).strip()
    if len(text) > MAX_ADDRESS:
        return None
    if text[:1] in ("@", "{", "|", "%") and (internal := _INTERNAL.match(text)):
        rest = text[internal.end() :].lstrip("/")
        from_root = internal[0] == "@/" or text.startswith("/", internal.end())
        text = f"{_ROOT if from_root else './'}{rest}"
    if scheme := _SCHEME.match(text):
        return _external(scheme[1].lower(), text[scheme.end() :])
    path, sharp, fragment = text.partition("#")
    path, mark, query = path.partition("?")
    # WHATWG URL, 4.4: browsers read a backslash as a slash
    path = path.replace("\\", "/")
    if path.startswith("//"):
        return _external("https", path + mark + query + sharp + fragment)
    where = _page(path, place.folder) if path else place.permalink
    if fragment:
        own = place.prefix if where == place.permalink else ""
        sharp = f"#{own}{_encoded(fragment)}"
    return BASE + where + _encoded(mark + query) + (sharp if fragment else "")


def _external(scheme: str, rest: str) -> str | None:
    if scheme in ("mailto", "tel"):
        return f"{scheme}:{_encoded(rest)}"
    if scheme not in ("http", "https"):
        return None
    rest = rest.replace("\\", "/").lstrip("/")
    host = _HOST.match(rest)
    if host is None or host[0].lower() == _SITE:
        return None
    name = host[0]
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    main, sharp, fragment = rest[host.end() :].partition("#")
    return f"{scheme}://{name}{_encoded(main)}{sharp}{_encoded(fragment)}"


def _page(path: str, folder: str) -> str:
    """An in-site path without dot segments (RFC 3986, 5.2.4), a Markdown file as its page."""
    kept: list[str] = []
    segments = _ENCODED_DOT.sub(".", join(folder, path)).split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    is_folder = segments[-1] in ("", ".", "..")
    if kept and not is_folder and kept[-1].endswith((".md", ".markdown")):
        name = kept.pop().rpartition(".")[0]
        kept += [name] if name not in ("index", "_index", "") else []
        is_folder = True
    # two slashes at the front would name a host
    return "/" + _encoded("/".join(kept)) + ("/" if kept and is_folder else "")


def _encoded(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    stray = _STRAY_PERCENT.sub("%25", normalize("NFC", text))
    return quote(stray, safe="/:@!$&'()*+,;=-._~%?", errors="replace")


def clean(html: str, raw: str, place: Place) -> str:
    """Safe HTML: only what an article needs, ids prefixed, addresses resolved, text set.

    ``raw`` is the part of ``html`` that the author wrote as HTML. Raises TooMuch.
    """
    if raw:
        _bound(raw, html.count("<"))
    safe = _CLEANER.clean(html).replace("&nbsp;", "\xa0")
    return printable(_Finish(place, shift="<h1" in safe).run(safe))


def _bound(raw: str, tags: int) -> None:
    if raw.count("<") > _MAX_TAGS:
        raise TooMuch(f"more than {_MAX_TAGS:,} HTML tags")
    if len(_FORMATTING.findall(raw)) * tags > _MAX_REPEATED:
        raise TooMuch("too many formatting tags with attributes")
    if len(raw) > _MAX_WORDS and max(len(part.split()) for part in raw.split("<")) > _MAX_WORDS:
        raise TooMuch(f"more than {_MAX_WORDS:,} words in one HTML element")


_WORDS = {
    "fr": {"table": "Tableau", "done": "fait", "todo": "à faire"},
    "en": {"table": "Table", "done": "done", "todo": "to do"},
}
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [^\s="<>/]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([^\s="<>/]+)="([^"]*)"')
_LANGUAGE_CLASS = re.compile(r"language-[\w+#.-]{1,40}")
_ID = re.compile(r"[^\s\"'<>&]{1,200}")
_ADDRESSES = ("href", "src", "cite")
_BARE = re.compile(r"(\b(?:https?://|www\.)[^\W_][\w.-]*(?:(?!&[lg]t;)[^\s<>\"«»“”{}|\\^`])*)")
_TRAILING = ".,;:!?'’)]…*_"


class _Finish:
    """One pass over the HTML that nh3 put out, in the order of the document."""

    def __init__(self, place: Place, *, shift: bool) -> None:
        self.place, self.shift, self.setter = place, shift, Typesetter(place.lang)
        self.words = _WORDS.get(place.lang.lower().partition("-")[0], _WORDS["en"])
        self.out: list[str] = []
        self.ids: set[str] = set()
        self.open: list[str] = []
        self.dropped: list[bool] = []
        self.images = self.tables = self.verbatim = 0
        self.rules: dict[str, Callable[[dict[str, str]], dict[str, str] | None]] = {
            "a": self.anchor,
            "img": self.image,
            "input": self.checkbox,
            "code": self.code,
            "source": lambda given: given if "src" in given else None,
        }

    def run(self, html: str) -> str:
        end = 0
        for tag in _TAG.finditer(html):
            self.text(html[end : tag.start()])
            end = tag.end()
            name = _MODERN.get(tag[2], tag[2])
            if self.shift and name[0] == "h" and name[1:].isdecimal():
                name = f"h{min(int(name[1]) + 1, 6)}"
            if name in _BLOCKS:
                self.setter.end_block(self.out)
            if tag[1]:
                self.end_tag(name)
            else:
                self.start_tag(name, tag[3])
        self.text(html[end:])
        self.setter.end_block(self.out)
        result = "".join(self.out)
        if len(result) > MAX_OUTPUT:
            raise TooMuch(f"more than {MAX_OUTPUT:,} characters of HTML")
        return result

    def text(self, text: str) -> None:
        if self.verbatim:
            self.out.append(text)
            self.setter.skip(text)
        elif "://" in text or "www." in text:
            for turn, part in enumerate(_BARE.split(text)):
                if turn % 2:
                    self.bare(part)
                else:
                    self.setter.text(part, self.out)
        elif text:
            self.setter.text(text, self.out)

    def bare(self, written: str) -> None:
        """An address in the text: a link, unless it stands in one already."""
        whole = unescape(written)
        shown = whole.rstrip(_TRAILING)
        if whole.startswith(")", len(shown)) and shown.count("(") > shown.count(")"):
            shown += ")"
        target = address(shown if "://" in shown else f"https://{shown}", self.place)
        if "a" in self.open or target is None:
            self.out.append(written)
        else:
            rest = escape(whole[len(shown) :], quote=False)
            link = f'<a href="{escape(target)}" rel="noopener">{escape(shown, quote=False)}</a>'
            self.out.append(link + rest)
        self.setter.skip(written)

    def start_tag(self, name: str, written: str) -> None:
        attributes = self.attributes(written) if written else {}
        rule = self.rules.get(name)
        kept = rule(attributes) if rule else attributes
        if name not in _VOID:
            self.open.append(name)
            if len(self.open) > MAX_DEPTH:
                raise TooMuch(f"elements nested more than {MAX_DEPTH} deep")
            self.verbatim += name in _VERBATIM
        if name == "table":
            self.tables += 1
            if self.open.count("table") == 1:
                # a group and not a region: a page may hold many, and landmarks must differ
                label = f"{self.words['table']} {self.tables}"
                self.out.append(
                    f'<div class="table" tabindex="0" role="group" aria-label="{label}">'
                )
        if kept is not None:
            inner = "".join(f' {key}="{value}"' for key, value in kept.items())
            self.out.append(f"<{name}{inner}>")

    def end_tag(self, name: str) -> None:
        self.open.pop()
        self.verbatim -= name in _VERBATIM
        if name != "a" or not self.dropped.pop():
            self.out.append(f"</{name}>")
        if name == "table" and "table" not in self.open:
            self.out.append("</div>")

    def attributes(self, written: str) -> dict[str, str]:
        """The attributes, still escaped, with their addresses resolved and their id prefixed."""
        kept: dict[str, str] = {}
        for key, value in _ATTRIBUTE.findall(written):
            if key in _ADDRESSES:
                resolved = address(unescape(value), self.place)
                if resolved is not None:
                    kept[key] = escape(resolved)
            elif key != "id" and (value or key != "style"):
                kept[key] = value
            elif _ID.fullmatch(value) and value not in self.ids:
                self.ids.add(value)
                kept[key] = self.place.prefix + value
        return kept

    def anchor(self, attributes: dict[str, str]) -> dict[str, str] | None:
        name = attributes.pop("name", "")
        if "id" not in attributes and _ID.fullmatch(name) and name not in self.ids:
            self.ids.add(name)
            attributes["id"] = self.place.prefix + name
        href = attributes.get("href", "")
        if href.startswith("http") and not href.startswith(BASE):
            attributes["rel"] = "noopener"
        self.dropped.append(not href and "id" not in attributes)
        return None if self.dropped[-1] else attributes

    def image(self, attributes: dict[str, str]) -> dict[str, str] | None:
        if not attributes.get("src", "").startswith("http"):
            return None
        for key in ("width", "height"):
            if not attributes.get(key, "0").isdecimal():
                del attributes[key]
        attributes.setdefault("alt", "")
        self.images += 1
        return attributes | ({"loading": "lazy"} if self.images > 1 else {})

    def checkbox(self, attributes: dict[str, str]) -> dict[str, str] | None:
        if "type" not in attributes:
            return None
        state = self.words["done" if "checked" in attributes else "todo"]
        return attributes | {"aria-label": state}

    def code(self, attributes: dict[str, str]) -> dict[str, str]:
        if not _LANGUAGE_CLASS.fullmatch(attributes.get("class", "")):
            attributes.pop("class", None)
        return attributes


_UNSEEN = re.compile(
    r'<sup class="footnote-ref">.*?</sup>|<a [^<>]*class="footnote-back"[^<>]*>.*?</a>', re.S
)
_SPACES = re.compile(r"[ \t\r\n]+")


def plain(html: str) -> str:
    """A rendering as plain text: a line for each block; no alternative texts, no note calls."""
    text = _UNSEEN.sub("", html)
    text = _SPACES.sub(" ", text)
    text = _TAG.sub(lambda tag: "\n" if tag[2] in _BLOCKS or tag[2] == "br" else "", text)
    lines = (_SPACES.sub(" ", line).strip(" ") for line in unescape(text).split("\n"))
    return "\n".join(line for line in lines if line)
