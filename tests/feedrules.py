"""What a strict reader would say of a feed: the W3C Feed Validator, OPML 2.0, JSON Feed 1.1.

``complaints`` follows the errors and warnings of github.com/w3c/feedvalidator, not its remarks;
each complaint ends in the name that program gives the rule. Where it is stricter than that
program (relative addresses in Atom, forms, any style but text-align) the feeds of a news site must
be so. It knows the vocabularies in SPACES and takes others for unknown.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from html.entities import html5, name2codepoint
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

ATOM = "http://www.w3.org/2005/Atom"
XHTML = "http://www.w3.org/1999/xhtml"
XML = "{http://www.w3.org/XML/1998/namespace}"
#: the prefixes the validator keeps for the vocabularies it knows
SPACES = {
    ATOM: "atom",
    XHTML: "xhtml",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.w3.org/1998/Math/MathML": "mathml",
    "http://www.w3.org/2000/svg": "svg",
    "http://www.w3.org/XML/1998/namespace": "xml",
}


@dataclass(frozen=True)
class Feed:
    """A document being judged."""

    root: Any
    lines: list[str]
    url: str
    now: datetime

    @property
    def rss(self) -> bool:
        return self.root.tag == "rss"

    def charref(self, element: Any) -> bool:
        """Whether the line of the element holds a hexadecimal reference, as RSS profiles ask."""
        return "&#x" in self.lines[min(element.sourceline, len(self.lines)) - 1]


@dataclass(frozen=True)
class Value:
    """A text or an attribute, stripped."""

    text: str
    now: datetime
    charref: bool = False
    rss: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _words(
    "a abbr acronym address article aside audio b bdi bdo big blockquote br caption cite code col "
    "colgroup data dd del details dfn dialog div dl dt em figcaption figure footer h1 h2 h3 h4 h5 "
    "h6 header hgroup hr i img input ins kbd label li main mark menu meter nav ol p picture pre "
    "progress q rp rt ruby s samp section small source span strike strong sub summary sup table "
    "tbody td tfoot th thead time tr track tt u ul var video wbr"
)
_UNSAFE = _words(
    "applet base basefont bdo body button embed form frame frameset head html iframe link "
    "meta noframes object param plaintext script select slot style textarea title xmp"
)
_VOID = _words("area br col embed hr img input link meta param source track wbr")
_CLOSES_P = _words(
    "address article aside blockquote details dialog div dl fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hgroup hr main menu nav ol p pre section table ul"
)
_HEADINGS = _words("h1 h2 h3 h4 h5 h6")
_ADDRESSES = _words("href src cite poster longdesc data action background")
_BARE = re.compile(r"&(?!#\d+;|#[xX][0-9a-fA-F]+;)(#|\w+;?)")
#: what XML lets pass and the HTML standard calls no character
_NO_CHARACTER = re.compile(
    "[\x7f-\x9f\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_STYLE = re.compile(r"\s*text-align\s*:\s*(left|right|center|justify|start|end)\s*;?\s*")


def _tag(tag: str, attributes: list[tuple[str, str | None]]) -> Iterator[str]:
    """What is unsafe or relative in one element of HTML."""
    if tag in _UNSAFE:
        yield f"<{tag}>: SecurityRisk"
    elif tag not in _TAGS:
        yield f"<{tag}>: NotHtml"
    for key, value in attributes:
        if key.startswith("on"):
            yield f"<{tag} {key}>: SecurityRiskAttr"
        elif key == "style" and not _STYLE.fullmatch(value or ""):
            yield f"<{tag} {key}>: DangerousStyleAttr"
        addresses = [value or ""] if key in _ADDRESSES else []
        if key == "srcset":
            addresses = [part.split()[0] for part in (value or "").split(",") if part.split()]
        for address in addresses:
            if not re.match(r"\w+:", address.strip()):
                yield f"<{tag} {key}={address}>: ContainsRelRef"


class _Markup(HTMLParser):
    """Hears HTML as html5lib does when strict: what is not closed or nested well is an error."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += _tag(tag, attrs)
        if (
            ("p" in self.open and tag in _CLOSES_P)
            or (tag == "a" and "a" in self.open)
            or (tag in _HEADINGS and _HEADINGS & set(self.open[-1:]))
            or len(attrs) != len(dict(attrs))
        ):
            self.found.append(f"<{tag}>: NotHtml")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_data(self, data: str) -> None:
        if "<" in data:
            self.found.append("< alone: NotHtml")

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1:] == [tag]:
            self.open.pop()
        elif tag not in _VOID:
            self.found.append(f"</{tag}>: NotHtml")


def markup(value: Value) -> Iterator[str]:
    """HTML without errors, safe, with absolute addresses."""
    return iter(_wrong_in_html(value.text))


@lru_cache(maxsize=1_000)  # an entry stands in many feeds, and in each in more than one format
def _wrong_in_html(text: str) -> tuple[str, ...]:
    parser = _Markup()
    parser.feed(text)
    parser.close()
    wrong = [*parser.found, *(f"<{tag}> not closed: NotHtml" for tag in parser.open)]
    wrong += [f"{bad!r}: NotHtml" for bad in _NO_CHARACTER.findall(text)]
    for match in _BARE.finditer(text):
        if match[1] not in html5 or not match[1].endswith(";"):
            wrong.append(f"{match[0]}: NotHtml")
    return tuple(wrong)


def plain(value: Value) -> Iterator[str]:
    """Text that a reader might take for HTML; RSS may write ``&#x3C;`` and ``&#x26;`` instead."""
    if any(tag.lower() in _TAGS | _UNSAFE for tag in re.findall(r"</(\w+)>", value.text)):
        yield "ContainsHTML"
    elif value.charref:
        return
    elif names := re.findall(r"&(#?\w+)", value.text):
        if any(n in name2codepoint or n == "apos" or not n.isalpha() for n in names):
            yield "ContainsHTML"
    elif value.rss and re.search(r"&#[x0-9]|<[/a-zA-Z]", value.text):
        yield "CharacterData"


def filled(value: Value) -> Iterator[str]:
    if not value.text:
        yield "NotBlank"


_URI = re.compile(r"[a-zA-Z][\w+.\-]*:(//)?[\w;/?:@&=+$.\-!~*'()%,#]+", re.ASCII)
_TAG_URI = re.compile(
    r"tag:([a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[\w;/?:@&=+$.\-!~*'()%,#]*", re.ASCII
)
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:([a-z0-9()+,.:=@;$_!*'-]|%[0-9a-f]{2})+", re.I)


def full(value: Value) -> Iterator[str]:
    """An absolute address in ASCII."""
    scheme, colon, _ = value.text.partition(":")
    if not colon or "/" in scheme:
        yield "ContainsRelRef"
    elif scheme == "tag" and not _TAG_URI.fullmatch(value.text):
        yield "InvalidTAG"
    elif scheme == "urn" and not _URN.fullmatch(value.text):
        yield "InvalidURN"
    elif not _URI.fullmatch(value.text) or re.match(r"https?:(?!//[^/])", value.text):
        yield "InvalidFullLink"


def canonical(value: Value) -> Iterator[str]:
    """An address as two programs would both write it."""
    broken = list(full(value))
    yield from broken
    parts = urlsplit(value.text)
    if not broken and (
        (parts.scheme in ("http", "https") and not parts.path)
        or parts.netloc != parts.netloc.lower()
        or re.search(r":(80|443)?$", parts.netloc)
        or re.search(r"/\.\.?(/|$)", parts.path)
        or any(h != h.upper() for h in re.findall(r"%..", value.text))
    ):
        yield "NonCanonicalURI"


def web(value: Value) -> Iterator[str]:
    """An address on a host with a dot: not localhost."""
    if not re.match(r"https?://([a-z0-9-]+\.)+[a-z0-9-]+(:\d+)?(/|$)", value.text, re.I) or [
        *full(value)
    ]:
        yield "InvalidURLAttribute"


_RFC822 = re.compile(
    r"(?:(?P<day>Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d\d? "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d(?::\d\d)? "
    r"(?:[+-]\d\d[03]0|UT|GMT|[ECMP][SD]T|Z)"
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = r"T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
_RFC3339 = re.compile(rf"\d{{4}}-\d\d-\d\d{_CLOCK}")
_W3CDTF = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?")


def rfc822(value: Value) -> Iterator[str]:
    """A date with English names; before 1990 or more than ten minutes ahead is not believed."""
    match = _RFC822.fullmatch(value.text)
    try:
        at = parsedate_to_datetime(value.text)
    except ValueError:
        match = None
    if not match:
        yield "InvalidRFC2822Date"
    elif match["day"] and match["day"] != _DAYS[at.weekday()]:
        yield "IncorrectDOW"
    elif at.year < 1990 or at.replace(tzinfo=at.tzinfo or UTC) > value.now + timedelta(minutes=10):
        yield "ImplausibleDate"


def rfc3339(value: Value) -> Iterator[str]:
    """A date with a zone; before 1990 or more than a day ahead is not believed."""
    try:
        at = datetime.fromisoformat(value.text) if _RFC3339.fullmatch(value.text) else None
    except ValueError:
        at = None
    if at is None:
        yield "InvalidRFC3339Date"
    elif at.year < 1990 or at > value.now + timedelta(days=1):
        yield "ImplausibleDate"


def w3cdtf(value: Value) -> Iterator[str]:
    if not _W3CDTF.fullmatch(value.text):
        yield "InvalidW3CDTFDate"
    elif value.text < "1990" or value.text > (value.now + timedelta(days=1)).isoformat():
        yield "ImplausibleDate"


def matching(pattern: str, rule: str) -> Callable[[Value], Iterator[str]]:
    """A check that the whole text has a form."""

    def check(value: Value) -> Iterator[str]:
        if not re.fullmatch(pattern, value.text):
            yield rule

    return check


_RELATIONS = (
    "alternate current describedby edit edit-media enclosure first hub last license next "
    "next-archive payment prev-archive previous related replies search self service up via"
)
VALUES: dict[str, Callable[[Value], Iterator[str]]] = {
    "filled": filled,
    "plain": plain,
    "html": markup,
    "full": full,
    "canonical": canonical,
    "web": web,
    "rfc822": rfc822,
    "rfc3339": rfc3339,
    "w3cdtf": w3cdtf,
    "positive": matching(r"0*[1-9]\d*", "InvalidPositiveInteger"),
    "count": matching(r"\d+", "InvalidNonNegativeInteger"),
    "decimal": matching(r"\d+\.?\d*", "InvalidFloat"),
    "mime": matching(r'[^\s()<>,;:"/\[\]?=]+/[^\s()<>,;:"/\[\]?=]+(\s*;.+)?', "InvalidMIMEType"),
    "language": matching(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", "InvalidLanguage"),
    "boolean": matching("true|false", "InvalidBooleanAttribute"),
    "medium": matching("image|audio|video|document|executable", "InvalidMediaMedium"),
    "shown": matching("plain|html", "InvalidMediaTextType"),
    "period": matching("hourly|daily|weekly|monthly|yearly", "InvalidUpdatePeriod"),
    "email": matching(r"[\w.+'-]+@[\w-]+(\.[\w-]+)+", "InvalidAddrSpec"),
    "named": matching(r"[\w.+'-]+@[\w-]+(\.[\w-]+)+ \(.+\)", "EmailFormat"),
    "width": matching(r"[1-9]\d?|1[0-3]\d|14[0-4]", "InvalidWidth"),
    "height": matching(r"[1-9]\d?|[1-3]\d\d|400", "InvalidHeight"),
    "relation": matching(
        "|".join(_RELATIONS.split()) + r"|\w[\w+.-]*:.+", "UnregisteredAtomLinkRel"
    ),
}


def _table(text: str) -> dict[str, dict[str, str]]:
    """Read lines ``element: child child=check,check``; ``@line`` stands for what that line holds."""
    table: dict[str, dict[str, str]] = {}
    for line in re.sub(r"\n +", " ", text.strip()).splitlines():
        head, _, tokens = line.partition(": ")
        for called in head.split("|"):
            row = table[called] = {}
            for token in tokens.split():
                key, _, checks = token.partition("=")
                row.update(table[key[1:]] if key.startswith("@") else {key: checks})
    return table


#: the children an element may have: ``once``, a ``construct`` of Atom, or names in VALUES
CHILDREN = _table("""
dc: dc:title=once dc:description=once dc:type=once dc:format=once dc:source=once dc:publisher
  dc:contributor dc:identifier dc:relation dc:coverage dc:language=once,language
  dc:rights=once,plain dcterms:created=once,w3cdtf dcterms:issued=once,w3cdtf
  dcterms:modified=once,w3cdtf dcterms:abstract=once dcterms:alternative dcterms:audience
  dcterms:license dcterms:rightsHolder dcterms:valid
media: media:title=once,plain media:description=once,plain media:category media:copyright
  media:credit media:keywords media:thumbnail media:player
extras: @dc @media dc:creator dc:subject dc:date=once,w3cdtf
both: atom:author atom:contributor atom:category atom:link atom:id=once,canonical
  atom:title=once,construct atom:rights=once,construct atom:updated=once,rfc3339
about: @both atom:generator=once,filled,plain atom:icon=once,filled,full atom:logo=once,filled,full
  atom:subtitle=once,construct
rss: channel=once
channel: @extras @about title=once,plain,filled description=once,plain copyright=once,plain
  link=once,full docs=once,full category=plain language=once,language pubDate=once,rfc822
  lastBuildDate=once,rfc822 managingEditor=once,named webMaster=once,named generator=once
  rating=once cloud=once image=once skipHours=once skipDays=once ttl=once,positive item
  fh:archive fh:complete sy:updatePeriod=once,period sy:updateFrequency=once,positive
  sy:updateBase=once,w3cdtf
item: @extras title=once,plain,filled description=once,html content:encoded=once,html
  link=once,full comments=once,full guid=once,filled pubDate=once,rfc822 author=once,named
  category=plain,filled enclosure=once source=once,plain media:content media:group atom:link
  atom:contributor atom:author=once atom:id=once,full atom:title=once,construct
  atom:summary=once,construct atom:content=construct atom:published=once,rfc3339
  atom:updated=once,rfc3339
image: title=once,filled,plain link=once,full url=once,full width=once,width height=once,height
  description=once,plain
skipHours: hour=count
skipDays: day
atom:feed: @extras @about atom:entry fh:archive fh:complete
atom:source: @about
atom:entry: @extras @both atom:content=once,construct atom:summary=once,construct
  atom:published=once,rfc3339 atom:source=once media:content media:group
atom:author|atom:contributor: atom:name=once,filled,plain atom:email=once,email
  atom:uri=once,filled,full
media:content: @dc @media
media:group: @media media:content
opml: head=once body=once
head: title=once,html ownerName=once,html dateCreated=once,rfc822 dateModified=once,rfc822
  ownerEmail=once,email ownerId=once,web
body|outline: outline
""")
for _line in ("dc", "media", "extras", "both", "about"):
    del CHILDREN[_line]

#: the attributes an element may have: ``!`` for one it must have, or names in VALUES
ATTRIBUTES = _table("""
rss|opml: version=!
category: domain
cloud: domain=! path=! registerProcedure=! protocol=! port=!,positive
enclosure: url=!,web length=!,count type=!,mime
guid: isPermaLink=boolean
source: url=!,full
atom:link: href=!,full rel=filled,relation type=mime title=filled,plain length=count
  hreflang=language
atom:category: term=!,filled scheme=full label=plain
atom:generator: uri=full version
atom:title|atom:subtitle|atom:summary|atom:rights: type=filled
atom:content: type=filled src=full
media:content: url=full medium=medium type=mime isDefault=boolean expression lang=language
  fileSize=positive width=positive height=positive bitrate=decimal duration=decimal
  framerate=decimal samplingrate=decimal channels=count
media:thumbnail: url=!,full width=positive height=positive time
media:player: url=!,full width=positive height=positive
media:title|media:description: type=shown
media:category: label=plain scheme=full
media:copyright: url=full
media:credit: role scheme
outline: text=!,html title=html description=html type version xmlUrl=full htmlUrl=full url=full
  language=language created=rfc822 category isComment=boolean isBreakpoint=boolean
""")


def name(element: Any) -> str:
    """As the tables above name it; "" when its vocabulary is not known."""
    space, local = etree.QName(element).namespace, etree.QName(element).localname
    return local if space is None else f"{SPACES[space]}:{local}" if space in SPACES else ""


def _named(element: Any, *names: str) -> list[Any]:
    return [child for child in element.iterchildren("*") if name(child) in names]


def _text(element: Any) -> str:
    return "".join(element.itertext()).strip()


def _judged(element: Any, text: str, rule: str, feed: Feed) -> Iterator[str]:
    value = Value(text.strip(), feed.now, feed.charref(element), feed.rss)
    for check in rule.split(","):
        if check in VALUES:
            yield from VALUES[check](value)


def _attributes(element: Any, feed: Feed) -> Iterator[str]:
    known = ATTRIBUTES.get(name(element), {})
    for key, text in element.attrib.items():
        if key == f"{XML}lang":
            yield from (f"xml:lang {found}" for found in _judged(element, text, "language", feed))
        elif key in known:
            yield from (f"{key} {found}" for found in _judged(element, text, known[key], feed))
        elif not key.startswith("{") or etree.QName(key).namespace in SPACES.keys() - {XML[1:-1]}:
            yield f"{key} UnexpectedAttribute"
    for key, rule in known.items():
        if "!" in rule and key not in element.attrib:
            yield f"{key} {'MissingHref' if key == 'href' else 'MissingAttribute'}"


def _construct(element: Any, feed: Feed) -> Iterator[str]:
    """Text, HTML or XHTML, as ``type`` says (RFC 4287, sections 3.1 and 4.1.3)."""
    kind = element.get("type", "text")
    if feed.rss and name(element) != "atom:summary":
        yield "DuplicateDescriptionSemantics"
    if name(element) != "atom:content" and "/" in kind:
        yield "InvalidTextType"
    if kind == "xhtml":
        if [child.tag for child in element.iterchildren("*")] != [f"{{{XHTML}}}div"]:
            yield "MissingXhtmlDiv"
        for inner in element.iterdescendants("*"):
            yield from _tag(etree.QName(inner).localname, list(inner.attrib.items()))
    elif len(element) and not kind.endswith("xml"):
        yield "UndefinedElement"
    elif kind in ("text", "html"):
        yield from _judged(element, _text(element), "html" if kind == "html" else "plain", feed)
    elif not re.fullmatch(r"[^\s/]+/[^\s/]+", kind):
        yield "InvalidMIMEType"
    if not _text(element) and not len(element) and not element.get("src"):
        yield "NotBlank"


def _walk(element: Any, feed: Feed) -> Iterator[tuple[Any, str]]:
    """Every element the tables know, with what they say against it."""
    yield from ((element, found) for found in _attributes(element, feed))
    called = name(element)
    for rule in RULES.get(called, ()):
        yield from ((element, found) for found in rule(element, feed))
    allowed, seen = CHILDREN.get(called, {}), set()
    if called in CHILDREN and "".join(element.xpath("text()")).strip():
        yield element, "UnexpectedText"
    for child in element.iterchildren("*"):
        rule = allowed.get(name(child))
        if rule is None:
            if name(child):
                yield child, "UndefinedElement"
            continue
        if "once" in rule.split(",") and name(child) in seen:
            yield child, "DuplicateEnclosure" if name(child) == "enclosure" else "DuplicateElement"
        seen.add(name(child))
        if "construct" in rule:
            yield from ((child, found) for found in _construct(child, feed))
            yield from ((child, found) for found in _attributes(child, feed))
            continue
        yield from ((child, found) for found in _judged(child, _text(child), rule, feed))
        yield from _walk(child, feed)


def needs(rule: str, *names: str) -> Callable[[Any, Feed], Iterator[str]]:
    """A rule: each of these children is there."""

    def check(element: Any, _: Feed) -> Iterator[str]:
        yield from (f"{called}: {rule}" for called in names if not _named(element, called))

    return check


def twins(pairs: str) -> Callable[[Any, Feed], Iterator[str]]:
    """A rule: not both of two children that say the same."""

    def check(element: Any, _: Feed) -> Iterator[str]:
        for pair in pairs.split(", "):
            if all(_named(element, called) for called in pair.split()):
                yield f"{pair}: DuplicateSemantics"

    return check


def version(known: str, rule: str) -> Callable[[Any, Feed], Iterator[str]]:
    """A rule: the version is the one there is."""

    def check(element: Any, _: Feed) -> Iterator[str]:
        if element.get("version", known) != known:
            yield rule

    return check


def order(later: str, first: set[str], rule: str) -> Callable[[Any, Feed], Iterator[str]]:
    """A rule: what describes the feed stands before its entries."""

    def check(element: Any, _: Feed) -> Iterator[str]:
        begun = False
        for child in element.iterchildren("*"):
            begun |= name(child) == later
            if begun and name(child) in first:
                yield f"{name(child)}: {rule}"

    return check


def unique(entry: str, child: str, rule: str) -> Callable[[Any, Feed], Iterator[str]]:
    """A rule: no two entries give an element the same text."""

    def check(element: Any, _: Feed) -> Iterator[str]:
        texts = Counter(_text(x) for e in _named(element, entry) for x in _named(e, child))
        yield from (f"{child} {text}: {rule}" for text, n in texts.items() if n > 1 and text)

    return check


def self_link(element: Any, feed: Feed) -> Iterator[str]:
    links = [link for link in _named(element, "atom:link") if link.get("rel") == "self"]
    if not links:
        yield "atom:link: MissingSelf"
    for link in links:
        if link.get("href") != feed.url:
            yield f"atom:link {link.get('href')}: SelfDoesntMatchLocation"
        if link.get("type", "application/rss+xml").split(";")[0] not in (
            "application/atom+xml",
            "application/rss+xml",
        ):
            yield "atom:link: SelfNotAtom"


def alternates(element: Any, _: Feed) -> Iterator[str]:
    links = [
        link for link in _named(element, "atom:link") if link.get("rel", "alternate") == "alternate"
    ]
    seen = Counter((link.get("type"), link.get("hreflang")) for link in links)
    yield from (f"atom:link {key}: DuplicateAtomLink" for key, n in seen.items() if n > 1)


_PAGING = _words("current first last next next-archive prev-archive previous")


def history(element: Any, feed: Feed) -> Iterator[str]:
    """RFC 5005, as far as the validator knows it."""
    links = {link.get("rel"): link.get("href") for link in _named(element, "atom:link")}
    complete = bool(_named(element, "fh:complete"))
    if _named(element, "fh:archive") and not complete:
        if not {"prev-archive", "next-archive"} & links.keys():
            yield "fh:archive: ArchiveIncomplete"
        if "current" not in links:
            yield "fh:archive: MissingCurrentInArchive"
    for rel in (_PAGING - {"current"}) & links.keys() if complete else ():
        yield f"atom:link {rel}: FeedRelInCompleteFeed"
    for end, beyond in (("first", "previous"), ("last", "next")):
        if links.get(end) == feed.url and beyond in links:
            yield f"atom:link {beyond}: LinkPastEnd"


def entry(element: Any, _: Feed) -> Iterator[str]:
    """An author, and a text or an alternate (RFC 4287, section 4.1.2)."""
    around = [element, element.getparent(), *_named(element, "atom:source")]
    if not any(_named(x, "atom:author") for x in around if x is not None):
        yield "atom:author: MissingElement"
    links = _named(element, "atom:link")
    content, summary = _named(element, "atom:content"), _named(element, "atom:summary")
    if not content and not summary:
        yield "atom:summary: MissingTextualContent"
    if not content and not any(x.get("rel", "alternate") == "alternate" for x in links):
        yield "atom:content: MissingContentOrAlternate"
    if content and content[0].get("src") and not summary:
        yield "atom:summary: MissingSummary"
    for link in links:
        if link.get("rel") in _PAGING:
            yield f"atom:link {link.get('rel')}: FeedHistoryRelInEntry"


def item(element: Any, _: Feed) -> Iterator[str]:
    """A title or a description, a guid, and the description before the full text."""
    names = [name(child) for child in element.iterchildren("*")]
    if not {"title", "description"} & set(names):
        yield "ItemMustContainTitleOrDescription"
    if "guid" not in names:
        yield "guid: MissingGuid"
    if "content:encoded" in names and "description" not in names[: names.index("content:encoded")]:
        yield "content:encoded: NeedDescriptionBeforeContent"
    if "pubDate" in names and "atom:published" in names[: names.index("pubDate")]:
        yield "atom:published: DuplicateSemantics"


def guid(element: Any, feed: Feed) -> Iterator[str]:
    """An address unless ``isPermaLink`` is false, which it is not by default."""
    text = _text(element)
    if element.get("isPermaLink", "true") == "true":
        if [*full(Value(text, feed.now))]:
            yield "InvalidHttpGUID"
        elif text.startswith(("tag:", "urn:uuid:")):
            yield "InvalidPermalink"
    elif text.isdigit() and len(text) < 9:
        yield "NotSufficientlyUnique"


def image(element: Any, _: Feed) -> Iterator[str]:
    """Titled and linked as the channel is, in a format of 2002."""
    for called, rule in (("title", "ImageTitleDoesntMatch"), ("link", "ImageLinkDoesntMatch")):
        texts = {_text(x) for e in (element, element.getparent()) for x in _named(e, called)}
        if len(texts) > 1:
            yield f"{called}: {rule}"
    for url in _named(element, "url"):
        ending = _text(url).rpartition(".")[2].lower()
        if re.fullmatch(r"\w+", ending) and ending not in ("jpg", "jpeg", "gif", "png"):
            yield "url: ImageUrlFormat"


def media(element: Any, _: Feed) -> Iterator[str]:
    if not element.get("url") and not _named(element, "media:player"):
        yield "url MissingAttribute"


def group(element: Any, _: Feed) -> Iterator[str]:
    if len(_named(element, "media:content")) < 2:
        yield "MediaGroupWithoutAlternatives"


def outline(element: Any, _: Feed) -> Iterator[str]:
    kind, keys = element.get("type", "").lower(), set(element.attrib)
    if kind == "rss":
        yield from (f"{key}: Missing{key}" for key in ("xmlUrl", "title") if key not in keys)
    elif kind in ("link", "include") and "url" not in keys:
        yield "url: MissingUrlAttr"
    elif not kind and keys & _words("description htmlUrl language title version xmlUrl"):
        yield "type: MissingOutlineType"


_ATOM_FIRST = _words(
    "author category contributor generator icon id link logo rights subtitle title updated"
)
_RSS_FIRST = {key for key in CHILDREN["channel"] if ":" not in key and key != "item"}
_CHANNEL_TWINS = twins(
    "managingEditor dc:creator, webMaster dc:publisher, category dc:subject, pubDate dc:date, "
    "language dc:language, copyright dc:rights, lastBuildDate dcterms:modified"
)
_ITEM_TWINS = twins(
    "author dc:creator, category dc:subject, pubDate dc:date, guid atom:id, source dc:source"
)
_ATOM_NEEDS = ("atom:id", "atom:title", "atom:updated")
RULES: dict[str, tuple[Callable[[Any, Feed], Iterator[str]], ...]] = {
    "rss": (version("2.0", "InvalidRSSVersion"), needs("MissingElement", "channel")),
    "channel": (
        needs("MissingElement", "title", "link", "description"),
        order("item", _RSS_FIRST | {"atom:link"}, "MisplacedItem"),
        unique("item", "guid", "DuplicateValue"),
        self_link,
        _CHANNEL_TWINS,
    ),
    "item": (item, _ITEM_TWINS),
    "guid": (guid,),
    "image": (image, needs("MissingElement", "title", "link", "url")),
    "atom:feed": (
        needs("MissingElement", *_ATOM_NEEDS),
        order("atom:entry", {f"atom:{key}" for key in _ATOM_FIRST}, "MisplacedMetadata"),
        unique("atom:entry", "atom:id", "DuplicateEntries"),
        unique("atom:entry", "atom:updated", "DuplicateUpdated"),
        self_link,
        alternates,
        history,
    ),
    "atom:entry": (needs("MissingElement", *_ATOM_NEEDS), entry, alternates),
    "atom:source": (needs("MissingSourceElement", *_ATOM_NEEDS), alternates),
    "atom:author": (needs("MissingElement", "atom:name"),),
    "atom:contributor": (needs("MissingElement", "atom:name"),),
    "media:content": (media,),
    "media:group": (group,),
    "opml": (version("2.0", "InvalidOPMLVersion"), needs("MissingElement", "head", "body")),
    "body": (needs("MissingElement", "outline"),),
    "outline": (outline,),
}


def _spaces(root: Any) -> Iterator[str]:
    """Declaring a vocabulary is enough for a warning, whether it is used or not."""
    for prefix, space in {pair for element in root.iter("*") for pair in element.nsmap.items()}:
        if space == "http://search.yahoo.com/mrss":
            yield f"xmlns:{prefix}: MediaRssNamespace"
        elif prefix in SPACES.values() and SPACES.get(space) != prefix:
            yield f"xmlns:{prefix}: ReservedPrefix"
        elif space not in SPACES:
            yield f"xmlns:{prefix} {space}: UnknownNamespace"
        elif SPACES[space] in ("atom", "xhtml") and prefix and name(root) == "atom:feed":
            yield f"xmlns:{prefix}: AvoidNamespacePrefix"


def _xml(document: bytes, url: str, now: datetime | None, roots: str) -> list[str]:
    try:
        text = document.decode()
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except (UnicodeDecodeError, etree.XMLSyntaxError) as error:
        return [f"not well-formed UTF-8 XML: {error}"]
    if (declared := root.getroottree().docinfo.encoding or "UTF-8").upper() != "UTF-8":
        return [f"encoding {declared}: ObscureEncoding"]
    if name(root) not in roots.split():
        return [f"{root.tag}: not {roots}"]
    feed = Feed(root, text.split("\n"), url, now or datetime.now(UTC))
    found = [f"line {e.sourceline}: {name(e)} {rule}" for e, rule in _walk(root, feed)]
    if re.search("[\x80-\x9f\ufffd]", "".join(root.itertext())):
        found.append("BadCharacters")
    return [*found, *sorted(_spaces(root))]


def complaints(document: bytes, url: str, now: datetime | None = None) -> list[str]:
    """What the W3C Feed Validator says of RSS 2.0 or Atom served at this address."""
    return _xml(document, url, now, "rss atom:feed")


def opml_complaints(document: bytes, now: datetime | None = None) -> list[str]:
    """What OPML 2.0 (http://opml.org/spec2.opml) and the validator say of an outline."""
    return _xml(document, "", now, "opml")


#: the keys of JSON Feed 1.1 and what they hold; ``!`` for one that must be there
_KEYS = _table("""
feed: version=! title=! items=! home_page_url=url feed_url=url next_url=url icon=url favicon=url
  description user_comment authors language expired hubs
items: id=! url=url external_url=url image=url banner_image=url title content_html content_text
  summary tags authors language attachments date_published=date date_modified=date
authors: name url=url avatar=url
hubs: type=! url=!,url
attachments: url=!,url mime_type=!,mime title size_in_bytes=number duration_in_seconds=number
""")
_LISTS = ("items", "authors", "hubs", "attachments", "tags")
_HTML = re.compile(rf"</?({'|'.join(_TAGS | _UNSAFE)})(\s[^<>]*)?/?>", re.I)


def _json_value(key: str, rule: str, value: object) -> Iterator[str]:
    if key in _LISTS:
        right = isinstance(value, list) and all(isinstance(x, str) or key != "tags" for x in value)
    elif key == "expired":
        right = isinstance(value, bool)
    elif "number" in rule:
        right = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    else:
        right = isinstance(value, str)
    if not right:
        yield f"wrong type: {value!r}"
    elif "url" in rule and not re.fullmatch(r"[a-z][a-z0-9+.-]*:\S+", str(value)):
        yield f"not an absolute URL: {value!r}"
    elif "date" in rule and not _RFC3339.fullmatch(str(value)):
        yield f"not an RFC 3339 date: {value!r}"
    elif "mime" in rule and not re.fullmatch(r"[^\s/]+/[^\s/]+", str(value)):
        yield f"not a media type: {value!r}"
    elif key == "language" and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", str(value)):
        yield f"not a language: {value!r}"
    elif key == "title" and _HTML.search(str(value)):
        yield f"HTML in plain text: {value!r}"
    elif key in ("title", "id") and not value:
        yield "empty"


def _json_object(kind: str, value: object, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: not an object"
        return
    keys = _KEYS[kind]
    yield from (f"{where}: no {k}" for k, rule in keys.items() if "!" in rule and k not in value)
    if kind == "items" and not {"content_html", "content_text"} & value.keys():
        yield f"{where}: neither content_html nor content_text"
    if kind == "authors" and not keys.keys() & value.keys():
        yield f"{where}: none of name, url, avatar"
    for key, inner in value.items():
        if key.startswith("_"):
            if not isinstance(inner, dict):
                yield f"{where}.{key}: an extension is an object"
        elif key not in keys:
            yield f"{where}.{key}: unknown key"
        else:
            yield from (f"{where}.{key}: {x}" for x in _json_value(key, keys[key], inner))
            if key in _KEYS and isinstance(inner, list):
                for number, each in enumerate(inner):
                    yield from _json_object(key, each, f"{where}.{key}[{number}]")


def json_feed_complaints(document: bytes) -> list[str]:
    """What JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/) says of a feed."""
    try:
        feed = json.loads(document.decode())
    except ValueError as error:
        return [f"not JSON in UTF-8: {error}"]
    found = list(_json_object("feed", feed, "feed"))
    if not isinstance(feed, dict):
        return found
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        found.append(f"feed.version: {feed.get('version')!r}")
    if "next_url" in feed and feed["next_url"] == feed.get("feed_url"):
        found.append("feed.next_url: is feed_url")
    items = feed.get("items")
    ids = Counter(str(x.get("id")) for x in items or () if isinstance(x, dict))
    return found + [f"feed.items: id {i} twice" for i, n in ids.items() if n > 1]
