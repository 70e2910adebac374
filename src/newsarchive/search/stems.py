"""The stems of words: what a reader takes for the same word, and no more.

They are Snowball's but for what that leaves undone, or overdoes, in French and English. Its French
needs accents, which questions lack and capitals often; it knows no "ils votent", and makes
*ouvrier* one with *ouvrir*, *Gaza* with *gaz*. Its English knows one spelling on each side of the
Atlantic. All words are folded here.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from newsarchive.search.languages import words

#: Snowball's stemmer of a language
Snowball = Callable[[str], str]


class _Rules(NamedTuple):
    """Endings, each with what is put in its place, one after another."""

    #: finds whether there is one at all, as most words have none
    any: re.Pattern[str]
    each: tuple[tuple[re.Pattern[str], str], ...]


def _rules(*rules: tuple[str, str]) -> _Rules:
    return _Rules(
        re.compile(rf"(?:{'|'.join(ending for ending, _ in rules)})\Z"),
        tuple((re.compile(rf"{ending}\Z"), plain) for ending, plain in rules),
    )


def _replaced(rules: _Rules, word: str) -> str:
    if rules.any.search(word):
        for pattern, plain in rules.each:
            word = pattern.sub(plain, word)
    return word


def _whole(word: str, those: frozenset[str]) -> str:
    """A word that is one of those, without the s of a plural; '' for any other."""
    if word in those:
        return word
    return word[:-1] if word[-1:] == "s" and word[:-1] in those else ""


# -- French --

#: names, and words that would become one with another
_FRENCH = words(
    """algerie bali damas denis denise francais france francois francoise gaza haiti hamas
    laos louis louise lucas mali marine martine martinique nicolas niger nigeria paris russie
    seine tahiti thomas vendee vienne
    abbaye abus acquis admis amiante annee appris assis attention avenue avis balai bandit base
    batiment chaudiere collection commis commune communication communique compris conception
    conflit confus conquis cour cours course credit debit deficit delai delit departement devant
    direction divers droite durant employe entrepris environnement epais etagere etranger exclus
    fils foie fois fonds forfait formation foyer garant gars genie gens gros inclus inedit
    interdit jamais logis maintenant mars mepris mere minerai notamment papa parfait parlement
    parti partie pays permis petit plaine plainte portrait position pris profit promis recit
    refus relation remis repris requis retrait revenu satisfait sentiment serie soie sorte
    souhait soumis suite surpris tapis tennis testament transmis vente verre via vite"""
)

#: infinitives that are no nouns or adjectives in -ier
_VERBS_IER = words(
    """affilier allier amnistier anesthesier approprier autopsier balbutier calomnier charrier
    chatier colorier communier concilier contrarier convier copier crier decrier delier deplier
    devier domicilier envier epier euthanasier excommunier expatrier expier exproprier extasier
    humilier initier injurier inventorier lier manier marier multiplier nier oublier pallier parier
    photocopier plier prier publier rallier rapatrier rassasier reconcilier recopier relier
    remanier renier repertorier replier resilier salarier spolier supplier telecopier trier
    varier"""
)

#: nouns, adjectives and names in -ent
_NO_VERBS_ENT = words(
    """absent accent accident adherent adjacent adolescent affluent agent ambivalent ancient
    antecedent apparent ardent argent auvent avent bivalent brent client coefficient coherent
    coincident competent concurrent confident confluent conscient consent consequent content
    continent contingent convalescent convent convergent couvent decadent decent deferent deficient
    delinquent detergent different diligent dissident divergent effervescent efficient eloquent
    emergent eminent equivalent escient event evident excedent excellent expedient fervent florent
    fluorescent frequent gradient grandiloquent imminent impatient impertinent imprudent
    incandescent incident incoherent incompetent inconscient inconsequent inconvenient indecent
    indifferent indigent indulgent influent ingredient inherent innocent insolent intelligent
    intermittent latent laurent lorient mecontent negligent nogent occident omnipotent omnipresent
    omniscient onguent opulent orient paravent parent patent patient penitent permanent pertinent
    polyvalent pourcent precedent present president proeminent prudent quotient recent recipient
    recurrent referent regent repent resident ressent reticent sergent serpent souvent subconscient
    subsequent succulent talent tangent torrent transparent trident truculent turbulent urgent
    vincent violent virulent"""
)

#: verbs in -ment and -irent, which otherwise are adverbs, and verbs' past
_VERBS_ENT = words(
    """admirent affirment aiment allument animent arment aspirent attirent clament confirment
    consomment dechirent deforment desirent dorment eclairent enferment enflamment entament
    estiment etirent expirent expriment filment forment fument impriment informent inspirent
    nomment oppriment proclament programment reaffirment reclament referment renferment respirent
    resument retirent suppriment surnomment tirent transforment assument"""
)

#: what stands before -erer in verbs, of which "ils considerent" is
_VERBS_ERER = words(
    """acc accel alt av conf consid coop deg degen desesp diff dig esp exag g gen ins interf lib
    mod op pref prolif prosp recup ref reg rep sugg temp tol transf ven"""
)

#: before Snowball: the last letters of words, and those of a form that it knows
_BEFORE = _rules(
    (r"(?<=\w{5})ees?", "e"),  # passionnée; short ones are nouns: marée
    (r"eees?", "ee"),  # créée
    (r"(?<=\w\w)(?<!f)ront", "ra"),
    (r"(?<=\w\w)(?<!v)ers", "er"),
    (r"(?<=\w\w)i(on|r|t)s", r"i\1"),
    (r"(?<=\w\w)asse[sz]?", "ass"),  # else dépasse is dép-
    (r"(?<=bo|jo|no|tu)yaux", "yau"),
    (r"(?<=\w\w)trices?", "teur"),
    (r"(?<=\w)(i|g|ll|ch)eres?", r"\1er"),
)
#: instead of it, for whole kinds of words: their last letters, and those of their stem
_INSTEAD = _rules(
    (r"(?<=\w{3})is(?:te|me)s?", "ist"),
    (r"(?:(?<=[blmnprstvz])|(?<=[gq]u))ier(?:es?)?", "ier"),
    (r"(?<=\w{3})(?<!at)eu(?:x|ses?|rs?|res?)", "eu"),
)
#: after it: the last letters of stems that it leaves apart, and what they come to
_AFTER = _rules(
    (r"(?<=\w{3}[ao]i)s", ""),  # anglaise
    (r"(?<=\w{3}[aou])y", "i"),  # envoyé
    (r"(?<=\w\w[rn]d)[ru]", ""),  # vendre, vendu
    (r"(?:(?<=\w[dlt]ui)|(?<=\w\wrui))[rst]", ""),  # réduire, réduit, réduisent
    (r"(?<=[esn]cr)i[rtv]", ""),  # écrire, écrit, écrivent
    (r"(?:(?<=me)ttr|(?<=ba)tt[ru]?)", "t"),  # permettre, débattre
    (r"(?<=\w\w[aeo]i)(?:n[dt]|gn)", "n"),  # atteindre, atteint, atteignent
    (r"(?<=[tv])(?:ien[dt]?|enu)", "en"),  # obtient, obtiennent, obtiendra, obtenu
)
_THEY = re.compile(r"(?<=\w\w)(?<![tv]i)(?<!m)(?<!a[iy])(?<!ir)ent\Z")
_PLURAL_X = re.compile("[aeo]ux$")
#: of words only that Snowball left alone: organis- is no plural of organi-
_PLURAL_S = re.compile("[aiou]s$|[aeo]ux$")


def french(word: str, snowball: Snowball) -> str:
    """The stem of a French word."""
    plain = _replaced(_BEFORE, word)
    whole = _whole(plain, _FRENCH)
    if whole:
        return whole
    plain = _they(plain)
    if word not in _VERBS_IER and _INSTEAD.any.search(plain):
        for pattern, end in _INSTEAD.each:
            if pattern.search(plain):
                return pattern.sub(end, plain)
    return _shortened(plain, snowball(plain), snowball)


def _they(word: str) -> str:
    """The singular of "ils votent" and "ils considèrent"; of "ils votèrent", the infinitive."""
    if word in _VERBS_ENT:
        return word[:-2]
    if word in _NO_VERBS_ENT or not _THEY.search(word):
        return word
    if word.endswith("assent"):
        return word[:-3]
    if word.endswith("erent"):
        return word[:-3] + ("er" if word[:-5] in _VERBS_ERER else "")
    return word[:-2]


def _shortened(word: str, stem: str, snowball: Snowball) -> str:
    """What Snowball leaves without the plurals and the parts of verbs that it keeps, then without
    a final i or e, so that licencie, licencié, licenciée and licenciement are one."""
    if stem.endswith("ion") and stem not in _FRENCH and stem != word:
        stem = snowball(stem)  # sanctionner, sanction
    plural = _PLURAL_S if stem == word else _PLURAL_X
    if len(stem) > 3 and plural.search(stem):
        stem = stem[:-1]  # lois, emplois, euros; jeux
    stem = _replaced(_AFTER, stem)
    while len(stem) > 4 and stem[-1] in "ie":
        stem = stem[:-1]
    if len(stem) > 3 and stem.endswith("iv"):
        stem = stem[:-1] + "f"  # active, actif
    return stem


# -- English --

_ENGLISH = words(
    """angeles apartment authority business department experiment important maine quite several
    united"""
)
_BRITISH = _rules(
    (r"(?<=\w{3})our(s|ed|ing|ers?|ites?|abl[ey]|ful|less|hoods?|al|ally|ly)?", r"or\1"),
    (r"(?<=\w\w[^aceouhv])(?<!parad)(?<!treat)is(e[drs]?|ers|ings?|ations?)", r"iz\1"),
    (r"(?<=al)ys(e[drs]?|ers|ing)", r"yz\1"),
    (r"(?<=\w[bt])re(s?)", r"er\1"),
    (r"(?<=[ef]fen)c(es?|eless)", r"s\1"),
    (r"(?<=\w\wl)ogue(s?)", r"og\1"),
    (r"(?<=\w\w)dgement(s?)", r"dgment\1"),
    (r"a(e[dm]\w*|esth\w*)", r"\1"),  # paediatric, leukaemia, anaesthesia
    (r"\Alicenc(e[ds]?|ing)", r"licens\1"),
)


def english(word: str, snowball: Snowball) -> str:
    """The stem of an English word."""
    return _whole(word, _ENGLISH) or snowball(_replaced(_BRITISH, word))


#: by primary subtag
STEMS = {"en": english, "fr": french}
