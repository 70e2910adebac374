"""Questions as tantivy takes them."""

from typing import TYPE_CHECKING

from newsarchive.search.engine import WEIGHTS, Clause, Phrase, Question

if TYPE_CHECKING:
    from tantivy import Query, Schema

try:
    import tantivy
except ImportError:  # an extra; said when an engine is made
    tantivy = None  # type: ignore[assignment]

__all__ = ["meta", "query_of", "tantivy"]

#: bounds that a question has when it asks for none
UNBOUNDED = (-(2**62), 2**62)


def query_of(schema: "Schema", question: Question) -> "Query":
    """The question; only its clauses give a score."""
    must, must_not = tantivy.Occur.Must, tantivy.Occur.MustNot
    parts = [(must_not if each.negated else must, _any(schema, each)) for each in question.clauses]
    parts += [(must, _unscored(_listed(schema, term))) for term in question.terms]
    parts += [(must_not, _listed(schema, term)) for term in question.without]
    if (question.start, question.end) != UNBOUNDED:
        parts.append((must, _unscored(_within(schema, question))))
    if all(occur == must_not for occur, _ in parts):
        # a question of negations alone would find nothing
        parts.append((must, _unscored(tantivy.Query.all_query())))
        parts.append((must_not, meta(schema)))
    return tantivy.Query.boolean_query(parts)


def _unscored(query: "Query") -> "Query":
    return tantivy.Query.const_score_query(query, 0.0)


def meta(schema: "Schema") -> "Query":
    """The document that holds the position."""
    return tantivy.Query.term_query(schema, "meta", "position", "basic")


def _listed(schema: "Schema", term: str) -> "Query":
    return tantivy.Query.term_query(schema, "terms", term, "basic")


def _within(schema: "Schema", question: Question) -> "Query":
    integer, bounds = tantivy.FieldType.Integer, (question.start, question.end)
    return tantivy.Query.range_query(schema, "at", integer, *bounds, include_upper=False)


def _any(schema: "Schema", clause: Clause) -> "Query":
    """Documents that have one of a clause's phrases, in any field."""
    return tantivy.Query.boolean_query(
        [
            (
                tantivy.Occur.Should,
                tantivy.Query.boost_query(_phrase(schema, name, phrase), weight),
            )
            for phrase in dict.fromkeys(clause.phrases)
            if phrase
            for name, weight in WEIGHTS.items()
        ]
    )


def _phrase(schema: "Schema", name: str, phrase: Phrase) -> "Query":
    if len(phrase) == 1:  # a phrase query of one word panics
        return tantivy.Query.term_query(schema, name, phrase[0], "freq")
    return tantivy.Query.phrase_query(schema, name, list(phrase))
