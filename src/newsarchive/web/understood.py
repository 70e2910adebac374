"""How a question was understood, as a sentence: "3 entries with *licencié*, in 2023"."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from newsarchive import wording
from newsarchive.entry import Kind
from newsarchive.query import Query
from newsarchive.searching import Found
from newsarchive.web import narrowing
from newsarchive.web.asking import said
from newsarchive.web.context import composer

_COUNTED = {
    None: ("%(num)s entry", "%(num)s entries"),
    Kind.ARTICLE: ("%(num)s article", "%(num)s articles"),
    Kind.UPDATE: ("%(num)s update", "%(num)s updates"),
}


def understood(found: Found) -> Markup:
    """How many entries were found, and with what."""
    counted = composer().counted(*_COUNTED[found.query.kind], found.total)
    many = counted if found.total else said("Nothing")
    parts = [*_words(found.asked.clauses), *map(escape, _filters(found.query))]
    return Markup(" ").join(filter(None, (escape(many), Markup(", ").join(parts))))


def listed(words: Sequence[Markup], joint: str) -> Markup:
    """ "a, b and c"."""
    if len(words) < 2:
        return Markup().join(words)
    return Markup(" ").join((Markup(", ").join(words[:-1]), escape(joint), words[-1]))


def clause(each: wording.Clause, *, among: bool = False) -> Markup:
    """A part of a question; an OR ``among`` others stands in brackets."""
    words = listed([_atom(atom) for atom in each.atoms], said("or"))
    return Markup("({})").format(words) if among and len(each.atoms) > 1 else words


def _words(clauses: Sequence[wording.Clause]) -> list[Markup]:
    wanted = [each for each in clauses if not each.negated]
    found = [clause(each, among=len(wanted) > 1) for each in wanted]
    parts = [_filled(said("with %(words)s"), listed(found, said("and")))] if found else []
    return parts + [
        _filled(said("without %(words)s"), clause(each)) for each in clauses if each.negated
    ]


def _atom(atom: wording.Atom) -> Markup:
    if isinstance(atom, wording.Phrase):
        return _filled(said("“%(words)s”"), Markup("<em>{}</em>").format(atom.text))
    text = f"{atom.text}…" if isinstance(atom, wording.Prefix) else atom.text
    return Markup("<em>{}</em>").format(text)


def _filled(text: str, words: Markup) -> Markup:
    return escape(text) % {"words": words}


def _filters(query: Query) -> list[str]:
    name = narrowing.name
    found = [narrowing.span(query)] if query.after or query.before else []
    found += [said("tagged %(tag)s", tag=name("tag", slug)) for slug in query.tags]
    found += [said("not tagged %(tag)s", tag=name("tag", slug)) for slug in query.without_tags]
    found += [said("by %(author)s", author=name("author", slug)) for slug in query.authors]
    if query.lang:
        found.append(said("in %(what)s", what=narrowing.language(query.lang)))
    if query.story:
        found.append(said("in the story “%(title)s”", title=narrowing.story(query.story)))
    return found
