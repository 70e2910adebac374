"""What is told of entries as JSON: the one set of shapes of the site, the API and the commands.

Names and dates are JSON Feed's (version 1.1) where it has a word. The descriptions are those of
the OpenAPI document, which is made from these structs.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

#: a date and time with its zone (RFC 3339, 5.6)
Instant = Annotated[
    str,
    Meta(
        description="A date and time with its zone (RFC 3339).",
        extra_json_schema={"format": "date-time"},
    ),
]
Url = Annotated[
    str, Meta(description="An absolute address.", extra_json_schema={"format": "uri-reference"})
]
Count = Annotated[int, Meta(ge=0)]


class Author(Struct, gc=False):
    """Who wrote it."""

    name: Annotated[str, Meta(description="As it is written in the entry.")]
    url: Annotated[Url, Meta(description="The author's page: all there is by this name.")]


class Source(Struct):
    """Where something was learnt."""

    title: str
    url: str = ""
    publisher: str = ""
    date: Annotated[str, Meta(description="As its author wrote it.")] = ""


class Correction(Struct):
    """What was wrong, and what is right."""

    date: Annotated[str, Meta(description="When it was corrected, as precise as it is known.")]
    text: Annotated[str, Meta(description="Markdown, one paragraph.")]


class Entry(Struct, kw_only=True, gc=False):
    """An article, or an update of a story.

    Lists leave out what needs the text (`content_markdown`, `content_html`, `content_text`) and
    the apparatus (`sources`, `corrections`, `metadata`, `source_url`) unless `fields` asks for it.
    """

    id: Annotated[
        str,
        Meta(description="Permanent identity, a URI: outlives edits, moves and new host names."),
    ]
    path: Annotated[
        str,
        Meta(description="Its place in the archive, as in `/api/v1/entries/{path}`."),
    ]
    url: Annotated[Url, Meta(description="Its page.")]
    document_url: Annotated[Url, Meta(description="Itself as JSON, whole.")]
    type: Annotated[
        Literal["article", "update"],
        Meta(description="A page of its own, or one moment of a story."),
    ]
    title: Annotated[str, Meta(description="Plain text.")]
    date: Annotated[
        str,
        Meta(
            description="When it was published, as precise as it is known: `2023`, `2023-11`,"
            " `2023-11-17` or a date and time (RFC 3339)."
        ),
    ]
    date_published: Annotated[Instant, Meta(description="The first instant of `date`.")]
    date_modified: Annotated[
        Instant, Meta(description="When it last changed in substance, by its author's word.")
    ]
    language: Annotated[str, Meta(description="BCP 47.")]
    summary: Annotated[str, Meta(description="Plain text; empty where it was withdrawn.")]
    authors: list[Author]
    tags: list[str]
    status: Annotated[
        Literal["published", "withdrawn"],
        Meta(description="Of a withdrawn entry the text is its notice, and its document is a 410."),
    ]
    digest: Annotated[
        str,
        Meta(
            description="Of this version: an equal digest is an equal entry, all but what its"
            " document says of others (`previous`, `next`, `updates`)."
        ),
    ]
    story: Annotated[str | UnsetType, Meta(description="Of an update: the path of its story.")] = (
        UNSET
    )
    key: Annotated[bool | UnsetType, Meta(description="Of an update: a key event.")] = UNSET
    coverage: Annotated[
        Literal["open", "closed"] | UnsetType,
        Meta(description="Of a story: whether it still runs."),
    ] = UNSET
    image: Annotated[Url | UnsetType, Meta(description="The lead picture.")] = UNSET
    image_alt: Annotated[str | UnsetType, Meta(description="What it shows.")] = UNSET
    content_markdown: Annotated[
        str | UnsetType, Meta(description="The text as its author wrote it.")
    ] = UNSET
    content_html: Annotated[
        str | UnsetType,
        Meta(description="The text as safe HTML; every address in it is absolute."),
    ] = UNSET
    content_text: Annotated[
        str | UnsetType, Meta(description="The text without its signs, for reading and counting.")
    ] = UNSET
    sources: list[Source] | UnsetType = UNSET
    corrections: list[Correction] | UnsetType = UNSET
    metadata: Annotated[
        dict[str, Any] | UnsetType,
        Meta(description="What its author wrote at its head that has no meaning here."),
    ] = UNSET
    source_url: Annotated[Url | UnsetType, Meta(description="Its Markdown, as a file.")] = UNSET


class Neighbour(Struct):
    """The entry before or after."""

    path: str
    title: str
    url: Url
    document_url: Url


class Feeds(Struct):
    """The addresses of one feed in its three formats."""

    rss: Url
    atom: Url
    json: Url


class Document(Entry, kw_only=True):
    """All there is to say of one entry."""

    feeds: Annotated[
        Feeds,
        Meta(description="The feed of its story; of the whole archive where it is in none."),
    ]
    previous: Annotated[
        Neighbour | None,
        Meta(description="The one before in time: of an update within its story."),
    ]
    next: Annotated[Neighbour | None, Meta(description="The one after, likewise.")]
    updates: Annotated[
        list[Entry] | UnsetType, Meta(description="Of a story: its updates, newest first.")
    ] = UNSET


class Entries(Struct, omit_defaults=True):
    """One page of a list."""

    total: Annotated[Count, Meta(description="Entries of the whole list, on every page.")]
    entries: list[Entry]
    next: Annotated[
        Url,
        Meta(description="The next page, where there is one; also in the `Link` header."),
    ] = ""


class Piece(Struct, omit_defaults=True):
    """A part of a text."""

    text: str
    match: Annotated[bool, Meta(description="Whether it is a word that was looked for.")] = False


class Hit(Entry, kw_only=True):
    """An entry that was found."""

    score: Annotated[
        float,
        Meta(description="Higher fits better, within one answer; 0 where dates rank."),
    ] = 0.0
    marked_title: Annotated[
        list[Piece], Meta(description="The title in pieces, which together are the title.")
    ]
    snippet: Annotated[
        list[Piece], Meta(description="The part of the text that has the most of the words.")
    ]


class Facet(Struct, omit_defaults=True):
    """How many of all that was found have this."""

    value: Annotated[str, Meta(description="What to ask for to have these alone.")]
    count: Count
    name: Annotated[str, Meta(description="As it is written.")] = ""


class Facets(Struct):
    """Counts among all that was found; of tags and authors the hundred greatest.

    Each is called as the parameter that narrows to it; years and months go into `after`.
    """

    tag: list[Facet] = []
    author: list[Facet] = []
    lang: list[Facet] = []
    type: list[Facet] = []
    year: list[Facet] = []
    month: list[Facet] = []


class Found(Struct, omit_defaults=True, kw_only=True):
    """One page of what a search finds."""

    total: Annotated[Count, Meta(description="Entries found, on every page.")]
    next: Annotated[Url, Meta(description="The next page, where there is one.")] = ""
    query: Annotated[
        dict[str, str],
        Meta(description="The question as it was read: filters among its words are apart."),
    ]
    notes: Annotated[
        list[str],
        Meta(description="What was left out of the question, or read otherwise; for people."),
    ] = []
    meant: Annotated[str, Meta(description="Words that were probably meant.")] = ""
    is_meant: Annotated[
        bool,
        Meta(description="Whether these hits are of `meant`, as nothing has the words asked for."),
    ] = False
    behind: Annotated[
        Count, Meta(description="Changes of the archive that cannot be found yet.")
    ] = 0
    hits: list[Hit]
    facets: Facets | UnsetType = UNSET


class Suggestion(Struct):
    """What may be meant by what was typed."""

    kind: Annotated[str, Meta(description="What it is: `title`, `tag`, `author` or `word`.")]
    text: Annotated[str, Meta(description="As it is shown.")]
    url: Annotated[
        Url | UnsetType, Meta(description="The page it leads to; a word leads to none.")
    ] = UNSET
    completed: Annotated[
        str | UnsetType, Meta(description="Of a word: what was typed, ending with it.")
    ] = UNSET


class Suggestions(Struct):
    """What to write next."""

    suggestions: list[Suggestion]


class Named(Struct):
    """A tag or an author."""

    slug: Annotated[str, Meta(description="As in addresses, and in `tag` or `author`.")]
    name: Annotated[str, Meta(description="In its commonest spelling.")]
    count: Annotated[Count, Meta(description="Entries that have it.")]
    url: Annotated[Url, Meta(description="Its page.")]
    entries_url: Annotated[Url, Meta(description="Its entries as JSON.")]


class Tags(Struct):
    """Every tag in use, by its slug."""

    total: Count
    tags: list[Named]


class Authors(Struct):
    """Every author, by slug."""

    total: Count
    authors: list[Named]


_Counts = dict[str, int]


class Calendar(Struct):
    """How many entries there are in each year, month and day that has any, the oldest first.

    An entry of which only the month is known is in its month and in no day.
    """

    total: Count
    years: Annotated[_Counts, Meta(description='`{"2023": 120}`')]
    months: Annotated[
        _Counts, Meta(description='Of the year that was asked for: `{"2023-11": 31}`')
    ] = field(default_factory=dict)
    days: Annotated[_Counts, Meta(description='Likewise: `{"2023-11-17": 6}`')] = field(
        default_factory=dict
    )


class Change(Struct, kw_only=True):
    """An entry that is new, is another than before, or is no more: its latest state."""

    id: str
    path: Annotated[
        str, Meta(description="Where it is, or last was. Keep entries by `id`: paths change.")
    ]
    deleted: Annotated[
        bool,
        Meta(
            description="Whether it is in the archive no more: removed, or taken back to a draft"
            " or an embargo."
        ),
    ]
    digest: Annotated[str, Meta(description="Of its version; empty where it is deleted.")]
    withdrawn: Annotated[
        bool | UnsetType,
        Meta(description="Its document is a 410 now; what there is of it is its notice."),
    ] = UNSET
    entry: Annotated[
        Entry | UnsetType | None,
        Meta(description="With `fields`: the entry itself, null where it is deleted."),
    ] = UNSET


class Changes(Struct):
    """What changed, oldest first."""

    reset: Annotated[
        bool,
        Meta(
            description="Whether this begins with everything, since nothing was said of what is"
            " known already or it was of another catalogue: forget all, then take what follows."
        ),
    ]
    changes: Annotated[
        list[Change], Meta(description="Each id once; empty where there is nothing new.")
    ]
    next: Annotated[str, Meta(description="What to give as `since` the next time.")]


class Problem(Struct, omit_defaults=True):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    parameter: Annotated[str, Meta(description="The parameter that cannot be read.")] = ""
    allowed: Annotated[str, Meta(description="What it takes.")] = ""
