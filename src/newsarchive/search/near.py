"""Which words are near another: what a mistyped one may have been meant to be.

Found as in SymSpell (https://github.com/wolfgarbe/SymSpell): by what is left of both words when
letters are taken out of their beginnings.
"""

import zlib
from collections.abc import Iterable
from typing import Any

#: letters of a word that is corrected, and of one that it becomes
MIN_CORRECTED, MAX_CORRECTED = 4, 40
#: letters from which on two mistakes are forgiven
TWO_MISTAKES = 7
#: letters of a word's beginning that are taken out
BEGINNING = 7
#: of the near words, those in most documents
MAX_NEAR = 500
#: a second mistake, or one in the first letter, makes a word as likely as one so much rarer
SECOND_MISTAKE, FIRST_LETTER = 30, 10
#: a word that exists was meant to be another that is in so many times more documents than the
#: square of its own: 50 for one that is in 1, 5,000 for 10, 500,000 for 100
OVERWHELMING = 50
#: of any archive: what would have to be in more was meant as it stands
MOST_DOCUMENTS = 1_000_000

#: together seven bytes in the file
NUMBER_BITS, _HASH_BITS = 22, 27


def is_corrected(word: str) -> bool:
    """Whether a folded word may be corrected, or be what another is corrected to."""
    return MIN_CORRECTED <= len(word) <= MAX_CORRECTED and not any(map(str.isnumeric, word))


def pairs(number: int, word: str) -> list[int]:
    """What finds a folded word: its hashes, each with its number in one integer."""
    if not is_corrected(word) or number >> NUMBER_BITS:
        return []
    mistakes = 2 if len(word) >= TWO_MISTAKES else 1
    return [each << NUMBER_BITS | number for each in hashes(word, mistakes)]


def hashes(word: str, letters: int) -> set[int]:
    """Of a word's beginning with up to so many letters taken out."""
    left = {word[:BEGINNING]}
    found = set(left)
    for _ in range(letters):
        left = {each[:at] + each[at + 1 :] for each in left for at in range(len(each))}
        found |= left
    return {zlib.crc32(each.encode()) & (1 << _HASH_BITS) - 1 for each in found}


def likeliest(asked: str, rows: Iterable[tuple[Any, ...]], least: float, mistakes: int) -> int:
    """The number of the word that was probably meant, among (word, documents, number), those in
    most documents first; 0 if none is as likely as a word in ``least`` documents."""
    best, chosen = float(least), 0
    for word, documents, number in rows:
        if documents < best:  # what follows is no likelier
            break
        made = _distance(asked, word, mistakes) if word != asked else mistakes + 1
        if made > mistakes:
            continue
        likely = documents / SECOND_MISTAKE ** (made - 1)
        likely /= 1 if word[0] == asked[0] else FIRST_LETTER
        if likely > best or (not chosen and likely >= best):
            best, chosen = likely, number
    return chosen


def _distance(one: str, other: str, bound: int) -> int:
    """Letters missing, added or other and neighbours swapped between two words (optimal string
    alignment); ``bound + 1`` if there are more than ``bound``."""
    if len(set(one) ^ set(other)) > 2 * bound:
        return bound + 1
    older: list[int] = []
    old = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, its in enumerate(other, 1):
            cost = min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > bound:
            return bound + 1
        older, old = old, row
    return min(old[-1], bound + 1)
