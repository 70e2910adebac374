"""What templates are given: values with everything worked out, so that a template only places."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from newsarchive.entry import Entry
from newsarchive.search.snippets import Piece


@dataclass(frozen=True, slots=True)
class Link:
    """An address and what it is called."""

    url: str
    text: str
    #: BCP 47 of the text where it differs from the page's, else ''
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Alternate:
    """Another form of the page, for the head."""

    url: str
    media_type: str
    title: str
    #: short, for a link
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a page says of itself to those who do not read it."""

    #: without the site's name
    title: str
    #: absolute
    canonical: str
    description: str = ""
    #: absolute, or ''
    image: str = ""
    image_alt: str = ""
    #: Open Graph: "website" or "article"
    kind: str = "website"
    #: RFC 3339, or ''
    published: str = ""
    updated: str = ""
    #: content of the robots meta element, or ''
    robots: str = ""
    #: the feeds of the site
    feeds: tuple[Alternate, ...] = ()
    #: those of the list on this page, where it is not the whole site
    own_feeds: tuple[Alternate, ...] = ()
    #: other forms of the page itself
    alternates: tuple[Alternate, ...] = ()
    #: schema.org, each to be written as application/ld+json
    json_ld: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A list on the page of feeds."""

    page: Link
    #: absolute, by the name of the format
    feeds: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class FeedGroup:
    """Lists of one kind on the page of feeds."""

    #: '' for those of the site
    heading: str
    rows: tuple[FeedRow, ...]
    #: how many there are beyond these
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry in a list: the time in the gutter, the headline beside it."""

    url: str
    title: str
    #: BCP 47 where it differs from the page's, else ''
    lang: str
    #: plain text
    summary: str
    #: in words: "21 h 00"; '' when no time is known
    time: str
    #: for the datetime attribute
    machine_time: str
    #: of an update: its story
    story: Link | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one day, or of a month or year of which no day is known."""

    #: "vendredi 17 novembre 2023"
    heading: str
    #: the archive of that day, month or year
    url: str
    #: for ids and datetime attributes: "2023-11-17"
    period: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A day in a small calendar."""

    day: int
    #: '' when nothing was published
    url: str
    entries: int
    #: 0 (nothing) to 5 (the busiest days of this calendar)
    shade: int
    #: accessible name: "17 novembre, 6 articles"
    name: str
    is_today: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """A small calendar of one month."""

    #: "novembre" or "novembre 2023"
    heading: str
    #: '' when nothing was published
    url: str
    entries: int
    #: one-letter names of the days of the week, in the order of the columns, with full names
    weekdays: tuple[tuple[str, str], ...]
    #: weeks of seven; None where the month has no day
    weeks: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Pager:
    """The pages of a list."""

    number: int
    pages: int
    #: towards the top of the list
    previous: str
    #: onwards
    following: str
    #: 1 is the first; numbers with addresses, None for a gap
    links: tuple[tuple[int, str] | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStory:
    """A story that runs, as the home page leads with it."""

    url: str
    title: str
    lang: str
    summary: str
    updates: int
    #: "17 novembre"
    since: str
    last: Line
    #: "22 nov., 7 h 15"; the time alone today
    last_when: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A day in the strip of days of a story."""

    #: "17", the day of the month; "2 déc." where another month begins
    label: str
    #: "vendredi 17 novembre 2023"
    heading: str
    #: the day's heading on the page
    url: str
    updates: int
    #: 0 to 100, of the busiest day
    height: int
    #: accessible name: "vendredi 17 novembre 2023, 4 mises à jour"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """An entry that a search found."""

    #: with the words found, for browsers that mark them
    url: str
    title: tuple[Piece, ...]
    #: BCP 47 where it differs from the page's, else ''
    lang: str
    snippet: tuple[Piece, ...]
    #: "17 nov. 2023, 21 h 00", or what is known of it
    when: str
    machine_time: str


@dataclass(frozen=True, slots=True)
class ResultGroup:
    """Results of one story, or one that is of none."""

    story: Link | None
    results: tuple[ResultView, ...]
    #: of the story, on this page, that are not shown
    more: int
    #: the search within that story
    more_url: str


@dataclass(frozen=True, slots=True)
class FacetLink:
    """A way to narrow a search."""

    url: str
    text: str
    entries: int


@dataclass(frozen=True, slots=True)
class FacetView:
    """Ways of one kind."""

    heading: str
    links: tuple[FacetLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView:
    """What a search page shows of what was found."""

    total: int
    #: how many entries, and how the question was understood, as a sentence
    understood: Markup
    #: the words as they were read, without filters
    read: str
    notes: tuple[str, ...]
    #: what was probably meant
    meant: Link | None
    #: whether the results are of that
    is_meant: bool
    groups: tuple[ResultGroup, ...]
    facets: tuple[FacetView, ...]
    #: hits over time
    bars: tuple[Bar, ...]
    #: and whether each is the one of this page
    orders: tuple[tuple[Link, bool], ...]
    #: where nothing was found: what finds something
    instead: tuple[FacetLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateView:
    """An update on its story's page, or on its own."""

    entry: Entry
    url: str
    anchor: str
    title: str
    lang: str
    time: str
    #: the whole date: "vendredi 17 novembre 2023, 21 h 00"
    when: str
    machine_time: str
    #: Markdown rendered
    body: Markup
    is_key: bool
    withdrawn: bool
    #: on a long story's page: only the headline, which leads to its own page
    is_folded: bool = False
    authors: tuple[Link, ...] = ()
    sources: tuple["SourceView", ...] = ()
    corrections: tuple["CorrectionView", ...] = ()
    image: "Picture | None" = None


@dataclass(frozen=True, slots=True)
class DayOfUpdates:
    """The updates of one day of a story."""

    heading: str
    #: the day's page in the archive
    url: str
    #: id of the heading on the page
    anchor: str
    period: str
    updates: tuple[UpdateView, ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source, its date in words."""

    title: str
    url: str
    publisher: str
    date: str


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A correction, and the entry when it is listed apart from it."""

    when: str
    machine_time: str
    text: Markup
    entry: Line | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A lead picture."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """An article's page."""

    entry: Entry
    url: str
    title: str
    lang: str
    summary: str
    #: whether the summary is the author's own standfirst (else it repeats the text)
    has_standfirst: bool
    kicker: Link | None
    authors: tuple[Link, ...]
    tags: tuple[Link, ...]
    #: in words, as precise as it is known, and for the datetime attribute
    published: str
    machine_published: str
    #: '' when it was not updated
    updated: str
    machine_updated: str
    body: Markup
    image: Picture | None
    sources: tuple[SourceView, ...]
    corrections: tuple[CorrectionView, ...]
    source_url: str
    json_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """What a story's page has besides its article."""

    is_open: bool
    #: newest first?
    is_newest_first: bool
    #: the same page in the other order
    other_order_url: str
    total: int
    #: "17 novembre 2023"; '' when there is no update
    first_day: str
    last_day: str
    bars: tuple[Bar, ...]
    has_key_events: bool
    days: tuple[DayOfUpdates, ...]
    #: the JSON that tells of new updates
    poll_url: str


def shade(entries: int, most: int) -> int:
    """How deep the ground of a day is: 0 for nothing, 1 to 5 up to the busiest."""
    return 0 if entries <= 0 else max(1, min(entries, -(-5 * entries // max(most, 1))))
