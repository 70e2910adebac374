"""What a reader may ask, and how a question that cannot be read is refused."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.entry import Kind
from newsarchive.errors import QueryError
from newsarchive.query import Order, Period, Query

ZONE = ZoneInfo("Europe/Paris")


def read(**args: str) -> Query:
    return Query.from_args(args.items())


def test_every_word_of_the_address_has_its_place() -> None:
    found = read(
        q="  le  deux ", tag="Économie,-IA", author="Zoé Â", lang="FR-ca", type="update",
        story="/2023/x/", after="2023-11", before="2024-01-02", order="oldest", page="3", limit="5",
    )  # fmt: skip
    assert found == Query(
        text="le deux", tags=("economie",), without_tags=("ia",), authors=("zoe-a",), lang="fr-ca",
        kind=Kind.UPDATE, story="2023/x", after=Period(2023, 11), before=Period(2024, 1, 2),
        order=Order.OLDEST, page=3, limit=5,
    )  # fmt: skip


def test_a_story_is_found_in_any_spelling_of_its_path() -> None:
    assert read(story="/2023/e\u0301te\u0301/").story == "2023/été"
    assert read(story="/ x /").story == "x"


def test_empty_and_unknown_parameters_are_harmless() -> None:
    assert read(q=" ", tag="", utm_source="x", page="") == Query()


def test_an_unknown_parameter_is_an_error_for_programs() -> None:
    with pytest.raises(QueryError, match="utm: not a parameter; there are q, tag"):
        Query.from_args([("utm", "x")], strict=True)


@pytest.mark.requirement(2)
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("page", "0", "a number from 1 to"),
        ("page", "-1", "a number from 1 to"),
        ("page", "9" * 30, "a number from 1 to"),
        ("page", "１", "a number from 1 to"),
        ("limit", "101", "a number from 1 to 100"),
        ("order", "newst", "one of newest, oldest"),
        ("type", "post", "one of article, update"),
        ("after", "2023-02-30", "a day, month or year"),
        ("before", "0000", "a day, month or year"),
        ("after", "17/11/2023", "a day, month or year"),
        ("lang", "f", "a language such as fr"),
        ("q", "x" * 257, "at most 256 characters"),
        ("tag", ",".join("abcdefghijklmnopq"), "at most 16 names"),
        ("story", "x" * 2000, "the path of a story"),
    ],
)
def test_a_bad_value_names_the_parameter_and_what_it_takes(
    name: str, value: str, told: str
) -> None:
    with pytest.raises(QueryError) as caught:
        read(**{name: value})
    assert caught.value.parameter == name
    assert told in caught.value.message


@pytest.mark.requirement(2)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "q",
                "tag",
                "author",
                "lang",
                "type",
                "story",
                "after",
                "before",
                "order",
                "page",
                "limit",
            ]
        ),
        st.text(max_size=40),
    )
)
def test_any_text_is_read_or_refused_and_its_canonical_form_reads_alike(
    args: dict[str, str],
) -> None:
    try:
        found = Query.from_args(args.items())
    except QueryError:
        return
    again = Query.from_args(found.args().items())
    assert again.args() == found.args()


def test_a_period_knows_its_edges_in_the_sites_zone() -> None:
    assert Period.parse("2023-02").last == date(2023, 2, 28)
    assert Period(2023, 11, 17).start(ZONE) == datetime(2023, 11, 17, tzinfo=ZONE)
    assert Period(2023).end(ZONE) == datetime(2024, 1, 1, tzinfo=ZONE)
    assert Period(9999).end(ZONE).year == 9999
    assert str(Period(23, 1)) == "0023-01"
