"""The API, said once: which addresses there are, what they take, what they answer.

The website reads from here which parameters an address has; the OpenAPI 3.1 document is made from
here and from ``shapes``.
"""

from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct, json

from newsarchive import permalink, shapes
from newsarchive.documents import ALL, FIELDS
from newsarchive.query import MAX_LIMIT, MAX_PAGE, MAX_TEXT

#: entries on a page that was asked for without saying how many
LIMIT = 50
#: words that may be suggested
MOST_SUGGESTIONS = 20
JSON = "application/json"
NDJSON = "application/x-ndjson"
PROBLEM = "application/problem+json"

_REFERENCE = "#/components/schemas/{name}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What can be said in the query of an address."""

    description: str
    #: JSON Schema
    schema: dict[str, Any]
    #: a value that makes sense in any archive
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An address of the API."""

    #: below ``/api/v1/``
    path: str
    #: name of its view
    name: str
    summary: str
    description: str
    answer: type[Struct]
    parameters: tuple[str, ...] = ()
    media_type: str = JSON
    #: errors of its own, and what they mean
    problems: dict[int, str] = field(default_factory=dict)
    #: what one of its parameters is here, where it is another than elsewhere
    own: dict[str, Parameter] = field(default_factory=dict)

    def parameter(self, name: str) -> Parameter:
        """One of its parameters."""
        return self.own.get(name) or PARAMETERS[name]


_YEAR = "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_PERIOD = {
    "anyOf": [
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": f"^{_YEAR}(-(0[1-9]|1[0-2]))?$"},
    ]
}
_NAMES = {"type": "string", "minLength": 1, "maxLength": 1024, "pattern": r"[^\s,/]"}

PARAMETERS = {
    "q": Parameter(
        'Words: `word`, `"a phrase"`, `-without`, `begin*`, `this OR that`, and the other'
        " filters as `tag:` `author:` `lang:` `story:` `type:` `after:` `before:`.",
        {"type": "string", "maxLength": MAX_TEXT}, "archive -brouillon",
    ),
    "tag": Parameter(
        "Has this tag, by name or slug; `-tag` has it not. Several, in a list with commas or by"
        " repeating the parameter, must all hold.", _NAMES, "climat,-sport",
    ),
    "author": Parameter("Is by this author; several as with `tag`.", _NAMES, "Ada Lovelace"),
    "lang": Parameter(
        "Is in this language (BCP 47); `fr` also holds `fr-CA`.",
        {"type": "string", "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"}, "fr",
    ),
    "story": Parameter(
        "Is an update of the story at this path.",
        {"type": "string", "minLength": 1, "maxLength": 1024, "pattern": r"[^\s/]"},
        "2023/affaire-altman",
    ),
    "type": Parameter(
        "Is an article, or an update of a story.",
        {"type": "string", "enum": ["article", "update"]}, "article",
    ),
    "after": Parameter("From this day, month or year on.", _PERIOD, "2023-11"),
    "before": Parameter("Before this day, month or year.", _PERIOD, "2030"),
    "order": Parameter(
        "Which end of time comes first.",
        {"type": "string", "enum": ["newest", "oldest"], "default": "newest"}, "oldest",
    ),
    "limit": Parameter(
        "How many at once.",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT}, "10",
    ),
    "page": Parameter(
        "Which page; 1 is the first.",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1}, "1",
    ),
    "cursor": Parameter(
        "Where to go on: a part of the address that an answer gave as `next`.",
        {"type": "string"}, "",
    ),
    "fields": Parameter(
        "Which fields each entry is to have, as a list with commas; `all` is every one.",
        {"type": "array", "items": {"enum": [ALL, *FIELDS]}, "minItems": 1},
        "title,url,content_text",
    ),
    "since": Parameter(
        "The `next` of the last answer; nothing, or none, to begin.", {"type": "string"}, "",
    ),
    "year": Parameter(
        "The year whose months and days are counted.",
        {"type": "string", "pattern": f"^{_YEAR}$"}, "2023",
    ),
}  # fmt: skip
_FILTERS = ("q", "tag", "author", "lang", "story", "type", "after", "before")

#: of any address
_PROBLEMS = {
    304: "Nothing changed.", 400: "A parameter cannot be read.", 414: "The address is too long.",
    503: "It is not there yet: try again.",
}  # fmt: skip

OPERATIONS = (
    Operation(
        path="entries", name="entries", summary="A list of entries",
        description="By the same words as the site's own lists, by date. Follow `next`: a walk"
        " meets every entry that keeps its date exactly once, whatever is added, removed or edited"
        " meanwhile, and its last page costs what the first does. Texts come with `fields`.",
        parameters=(*_FILTERS, "order", "limit", "cursor", "fields"), answer=shapes.Entries,
    ),
    Operation(
        path="entries/{path}", name="entry", summary="One entry",
        description="All there is to say of it; the same bytes as at its permalink with `.json`."
        " The slashes of a path may stand as they are.", answer=shapes.Document,
        problems={301: "It moved.", 404: "There is none.", 410: "It was withdrawn."},
    ),
    Operation(
        path="search", name="search", summary="A search",
        description="What fits best comes first, marked where the words stand, with counts of all"
        " that was found. For all hits of a question by date, walk through `entries` with `q`.",
        parameters=(*_FILTERS, "order", "page", "limit"), answer=shapes.Found,
        own={"order": Parameter(
            "What comes first.",
            {"type": "string", "enum": ["relevance", "newest", "oldest"], "default": "relevance"},
            "newest",
        )},
    ),
    Operation(
        path="suggest", name="suggest", summary="What may be meant by the beginning of a word",
        description="For a field in which something is being typed.",
        parameters=("q", "limit"), answer=shapes.Suggestions,
        own={
            "q": Parameter("What was typed so far.", {"type": "string", "maxLength": MAX_TEXT},
                           "arch"),
            "limit": Parameter(
                "How many at most.",
                {"type": "integer", "minimum": 1, "maximum": MOST_SUGGESTIONS, "default": 8}, "5",
            ),
        },
    ),
    Operation(
        path="tags", name="tags", summary="All tags", answer=shapes.Tags,
        description="Every tag in use, whole, with how many entries have it.",
    ),
    Operation(
        path="authors", name="authors", summary="All authors", answer=shapes.Authors,
        description="Every author, whole, with how many entries are theirs.",
    ),
    Operation(
        path="calendar", name="calendar", summary="Counts by year, month and day",
        description="All years; with `year`, that year, its months and its days.",
        parameters=("year",), answer=shapes.Calendar,
    ),
    Operation(
        path="changes", name="changes", summary="What changed",
        description="For a copy that stays in step: ask with the `next` of the last answer until"
        " `changes` is empty, and again whenever you like. What was deleted is told, an embargo is"
        " told when it ends. Where `reset` is true, forget all before taking what follows.",
        parameters=("since", "limit", "fields"), answer=shapes.Changes,
    ),
    Operation(
        path="export.ndjson", name="export", summary="Everything, one entry a line",
        description="The whole archive in one answer, streamed, in the order in which it grew."
        " Its `Link` header with `rel=\"next\"` is the address of what changes from its beginning"
        " on. HTML and plain text come only with `fields`, as rendering everything takes long.",
        parameters=("after", "fields"), answer=shapes.Entry, media_type=NDJSON,
        own={"after": Parameter(
            "Go on after this entry: the `id` of the last line that was received whole.",
            {"type": "string", "minLength": 1}, "",
        )},
    ),
)  # fmt: skip


def operation(name: str) -> Operation:
    """The operation of a view."""
    return next(each for each in OPERATIONS if each.name == name)


def document(title: str, site_url: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    answers = [*{each.answer: None for each in OPERATIONS}, shapes.Problem]
    _, schemas = json.schema_components(answers, ref_template=_REFERENCE)
    # with ``fields`` it has those alone
    schemas["Entry"].pop("required", None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "1.0.0",
            "description": "The whole archive for scripts: no key, no quota, nothing left out."
            f" Examples are at {site_url}{permalink.API}",
        },
        "servers": [{"url": site_url}],
        "paths": {permalink.API_V1 + each.path: {"get": _operation(each)} for each in OPERATIONS},
        "components": {"schemas": schemas, "headers": _HEADERS},
    }


def _operation(each: Operation) -> dict[str, Any]:
    parameters = [_parameter(name, each.parameter(name)) for name in each.parameters]
    if "{path}" in each.path:
        parameters.append(
            {
                "name": "path", "in": "path", "required": True, "schema": {"type": "string"},
                "description": "The `path` of an entry.",
            }
        )  # fmt: skip
    problems = {**each.problems, **_PROBLEMS}
    return {
        "operationId": each.name,
        "summary": each.summary,
        "description": each.description,
        "parameters": parameters,
        "responses": {
            "200": _answer(each),
            **{str(status): _problem(status, told) for status, told in problems.items()},
        },
    }


def _parameter(name: str, each: Parameter) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": name, "in": "query", "description": each.description, "schema": each.schema,
    }  # fmt: skip
    if each.schema.get("type") == "array":
        made |= {"style": "form", "explode": False}
        if each.example:
            made["example"] = each.example.split(",")
    elif each.example:
        is_number = each.schema.get("type") == "integer"
        made["example"] = int(each.example) if is_number else each.example
    return made


def _answer(each: Operation) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(name=each.answer.__name__)}
    if each.media_type == NDJSON:
        # a stream of such entries, which no JSON Schema can describe
        schema = {"type": "string", "description": "Lines, each a JSON `Entry`."}
    found: dict[str, Any] = {
        "description": each.summary,
        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
        "content": {each.media_type: {"schema": schema}},
    }
    if {"cursor", "page", "since"} & set(each.parameters) or each.media_type == NDJSON:
        found["headers"]["Link"] = {"$ref": "#/components/headers/Link"}
    return found


def _problem(status: int, told: str) -> dict[str, Any]:
    if status < 400:
        return {"description": told}
    reference = {"$ref": _REFERENCE.format(name="Problem")}
    return {"description": told, "content": {PROBLEM: {"schema": reference}}}


_HEADERS = {
    "ETag": {
        "description": "Of these bytes: give it as `If-None-Match`, and what did not change is a"
        " 304.",
        "schema": {"type": "string"},
    },
    "Link": {
        "description": '`<address>; rel="next"` where there is more (RFC 8288).',
        "schema": {"type": "string"},
    },
}
