"""A visitor's words made into what an engine is asked, each read once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count

from newsarchive import wording
from newsarchive.search.engine import Clause, Phrase
from newsarchive.search.sought import Sought
from newsarchive.search.text import phrases, surface
from newsarchive.search.vocabulary import Vocabulary
from newsarchive.wording import Note, Wording

#: words that a word with a star stands for
COMPLETIONS = 48


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor asks for, as a person and as an engine reads it."""

    #: without what stands in every text; a note names it
    wording: Wording = field(default_factory=Wording)
    #: in the order of those of the wording
    clauses: tuple[Clause, ...] = ()
    #: what is marked in a text
    sought: Sought = field(default_factory=lambda: Sought({}))


def read(asked: Wording, vocabulary: Vocabulary, languages: Sequence[str]) -> Asked:
    """Read a question for an archive of these languages, whose words these are."""
    kept, idle = [], []
    clauses: list[Clause] = []
    #: tokens, each with the number of the word it stands for
    numbers: dict[str, int] = {}
    numbering = count()
    for clause in asked.clauses:
        found = [_phrases(atom, vocabulary, languages) for atom in clause.atoms]
        if not any(found):
            idle.append(clause)
            continue
        kept.append(clause)
        of_any = tuple(dict.fromkeys(chain.from_iterable(found)))
        clauses.append(Clause(of_any, negated=clause.negated))
        for each in () if clause.negated else found:
            numbers |= dict.fromkeys(chain.from_iterable(each), next(numbering))
    if idle:
        left_out = {"words": wording.unparse(Wording(tuple(idle)))}
        note = Note("what stands in almost every text was left out: %(words)s", left_out)
        asked = replace(asked, clauses=tuple(kept), notes=(*asked.notes, note))
    return Asked(asked, tuple(clauses), Sought(numbers))


def _phrases(
    atom: wording.Atom, vocabulary: Vocabulary, languages: Sequence[str]
) -> tuple[Phrase, ...]:
    """How an atom is looked for; not at all if it says nothing."""
    if not isinstance(atom, wording.Prefix):
        return phrases(atom.text, languages)
    begun = [word for word, _, _ in surface(atom.text, "")]
    words = vocabulary.completions(begun[-1], COMPLETIONS) if begun else ()
    found = chain.from_iterable(phrases(word, languages) for word in words or (atom.text,))
    # where nothing begins so, and it is no word itself, it is in no text
    return tuple(dict.fromkeys(found)) or ((f"{atom.text}*",),)
