"""Addresses: the one place that spells a path on the site, and ids in tag: form (RFC 4151).

Every function returns a path that begins with a slash and is percent-encoded (RFC 3986, 2.1);
``absolute`` puts the site before it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from urllib.parse import quote, urlencode, urljoin

from slugify import slugify

HOME = "/"
ARTICLES = "/articles/"
TAGS = "/tags/"
AUTHORS = "/authors/"
SEARCH = "/search/"
CORRECTIONS = "/corrections/"
FEEDS = "/feeds/"
FEEDS_OPML = "/feeds.opml"
STORIES_OPML = "/feeds/stories.opml"
STATIC = "/static/"
API = "/api/"
API_V1 = "/api/v1/"
API_ENTRIES = "/api/v1/entries/"

#: where other programs keep the feeds of a site: WordPress, Ghost, Hugo, Jekyll, Pelican
OLD_FEEDS = {
    "/feed/": "/feed.rss", "/feed/rss2/": "/feed.rss", "/rss/": "/feed.rss",
    "/rss.xml": "/feed.rss", "/feed.xml": "/feed.rss", "/index.xml": "/feed.rss",
    "/feeds/all.rss.xml": "/feed.rss", "/atom.xml": "/feed.atom", "/feed/atom/": "/feed.atom",
    "/feeds/all.atom.xml": "/feed.atom", "/feed/json/": "/feed.json",
}  # fmt: skip

#: pchar of RFC 3986, 3.3, less the apostrophe, which some readers cut addresses at
_SAFE = "/:@!$&()*+,;=~"
#: characters of a name whose slug is remembered
MAX_KEPT_NAME = 100
_PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_WORD = re.compile(r"[^\W_]+")
_DATED = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})-(.+)")
_INDEX = re.compile(r"(?:^|/)_?index$")


def normal(path: str) -> str:
    """A path in the one spelling the catalogue keeps: NFC, without slashes at its ends."""
    return unicodedata.normalize("NFC", path).strip("/")


def escape(path: str) -> str:
    """Percent-encode a path, slashes kept."""
    return path if _PLAIN.fullmatch(path) else quote(path, safe=_SAFE)


def folder_of(path: str) -> str:
    """The folder in which a file or an entry is; '' for the articles folder itself."""
    return path.rpartition("/")[0]


def path_of_file(file: str) -> str:
    """The path of the entry in a file: ``2023/x.md`` is ``2023/x``, ``2023/x/index.md`` and
    ``2023/x.markdown`` too."""
    return normal(_INDEX.sub("", file.removesuffix(".md").removesuffix(".markdown")))


def entry(path: str) -> str:
    """An entry's permalink."""
    return f"{ARTICLES}{escape(path)}/"


def old_addresses(path: str, day: date) -> tuple[str, ...]:
    """Where other generators put the entry of a file: Hugo at its path, many at its day and its
    name, Jekyll at those of ``2015-03-01-x`` (https://jekyllrb.com/docs/permalinks/); without
    outer slashes."""
    name = path.rpartition("/")[2]
    dated = _DATED.fullmatch(name)
    found = [path, f"{day.year:04d}/{day.month:02d}/{day.day:02d}/{dated[4] if dated else name}"]
    return tuple(dict.fromkeys([*found, *(["/".join(dated.groups())] if dated else [])]))


def in_story(story: str, path: str) -> str:
    """An update on its story's page."""
    return f"{entry(story)}#{anchor(story, path)}"


def anchor(story: str, path: str) -> str:
    """The id an update has on its story's page; it begins with a letter, as CSS likes."""
    return "u-" + slug(path.removeprefix(story + "/"))


def document(path: str) -> str:
    """An entry as JSON."""
    return f"{ARTICLES}{escape(path)}.json"


def source(path: str, file: str) -> str:
    """An entry's Markdown: the file's own address, or for an update by heading its path's."""
    return ARTICLES + escape(file if path_of_file(file) == path else f"{path}.md")


def asset(file: str) -> str:
    """A file beside the articles, by its path in the articles folder."""
    return ARTICLES + escape(file)


def folder(file: str) -> str:
    """The folder of a file, for what is relative to it."""
    return ARTICLES + escape(file.rpartition("/")[0] + "/" if "/" in file else "")


def tag(slug_: str) -> str:
    """A tag's list."""
    return f"{TAGS}{escape(slug_)}/"


def author(slug_: str) -> str:
    """An author's list."""
    return f"{AUTHORS}{escape(slug_)}/"


def period(year: int, month: int | None = None, day: int | None = None) -> str:
    """The archive of a year, a month or a day."""
    numbers = [f"{year:04d}", *(f"{number:02d}" for number in (month, day) if number is not None)]
    return "/" + "/".join(numbers) + "/"


def feed(list_: str, ending: str = "") -> str:
    """The feed of the list at an address; without an ending, what all its formats begin with."""
    return f"{list_}feed.{ending}" if ending else f"{list_}feed"


def static(name: str) -> str:
    """A file of the site's own looks."""
    return STATIC + escape(name)


def with_args(address: str, args: dict[str, str]) -> str:
    """An address with query parameters, in the order given; none leave no question mark."""
    return f"{address}?{urlencode(args)}" if args else address


def absolute(site_url: str, address: str) -> str:
    """An address with its site; ``site_url`` has no slash at its end."""
    return site_url + address


def fold(text: str) -> str:
    """Text without case, accents and ligatures: what a hurried hand types for it."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    for sign in set(plain):  # there are few of them, and fewer that combine
        if unicodedata.combining(sign):
            plain = plain.replace(sign, "")
    return plain


def words(text: str) -> tuple[str, ...]:
    """The words of a title or a path, folded, each once, in order; single letters and digits are
    left out unless there is nothing else."""
    found = tuple(dict.fromkeys(_WORD.findall(fold(text))))
    return tuple(word for word in found if len(word) > 1) or found


def slug(name: str) -> str:
    """A name as it stands in an address: ``Économie d’État`` is ``economie-d-etat``.

    A name that has no letter to transliterate (an emoji) stays as it is, without slashes.
    """
    # visitors ask for names too: what they can make this remember is small
    return _kept_slug(name) if len(name) <= MAX_KEPT_NAME else _slug(name)


def _slug(name: str) -> str:
    made = slugify(name, replacements=[("’", "-"), ("'", "-"), ("+", "-plus-"), ("#", "-sharp-")])
    return (
        made or re.sub(r"[\s/?#%\\]+", "-", unicodedata.normalize("NFC", name)).strip("-.") or "-"
    )


_kept_slug = lru_cache(maxsize=4096)(_slug)


def tag_uri(authority: str, specific: str) -> str:
    """A permanent id (RFC 4151, 2.1). ``authority`` is ``example.org,2026``.

    What is a URI already (an id brought from elsewhere) stays as it is.
    """
    if _URI.fullmatch(specific):
        return specific
    return f"tag:{authority}:{quote(specific, safe=_SAFE)}"


def correction_ids(entry_id: str, days: Iterable[str]) -> tuple[str, ...]:
    """Ids of an entry's corrections: its own with their dates, numbered where a date repeats."""
    sign = "/" if "#" in entry_id else "#"
    made: Counter[str] = Counter()
    found = []
    for day in days:
        made[day] += 1
        number = f"-{made[day]}" if made[day] > 1 else ""
        found.append(f"{entry_id}{sign}correction-{escape(day)}{number}")
    return tuple(found)


def resolve(folder_: str, written: str) -> str:
    """An address written in a file of a folder: relative ones from that folder, never above the
    site; those with a host stay."""
    if _URI.match(written) or written.startswith("//"):
        return written
    return "/" + urljoin(folder_, quote(written, safe=_SAFE + "%?#")).lstrip("/")
