"""What is particular to a language: its stemmer, stop words, elisions, irregular forms.

All forms are folded (``text.fold``) and their apostrophes straight. Stop words are few on purpose:
a word that means something in the other language of an archive (car, or, son, but, may) is none.
"""


def words(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


#: Snowball's algorithms, by primary subtag
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque",
    "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

STOP_WORDS = {
    # l, d, j, n, qu: an elision whose apostrophe was left out, as in "coup d etat"
    "fr": words(
        """a ainsi as au aura aurait auraient auront aux avait avaient avec avez avoir avons ce
        ceci cela celle celles celui ces cet cette ceux comme d dans de des donc dont du elle elles
        en est et etait etaient etre eux furent fut il ils j je l la le les leur leurs lors lui ma
        mais me mes moi mon n ne nos notre nous on ont ou par parce pas pour qu que quel quelle
        quelles quels quelqu qui quoi sa sans se sera serait seraient seront ses si soient soit
        sont sous sur ta te tes toi tu un une vos votre vous y"""
    ),
    "en": words(
        """a about am an and any are as at be because been being by did do does doing for from had
        has have having he her hers him his how i in into is it its me my no nor not of off on
        our ours out over she should so such than that the their theirs them then there these
        they this those to too under up very was we were what when where which while why with
        would you your yours aren't can't couldn't didn't doesn't don't hadn't hasn't haven't
        isn't mustn't shouldn't wasn't weren't won't wouldn't"""
    ),
}

#: what stands before an apostrophe that separates two words, as alternatives of a pattern
ELISIONS = {
    "fr": "l|d|qu|j|n|s|t|m|c|jusqu|lorsqu|puisqu|quoiqu|quelqu",
    "it": "l|d|c|un|dell|all|dall|nell|sull|quell",
    "ca": "l|d|n|s|m|t",
}

#: what stands after an apostrophe and belongs to no word, as alternatives of a pattern
ENDINGS = {"en": "s|ll|re|ve|d|m"}

#: what follows the digits of an ordinal number
ORDINALS = {
    "fr": frozenset({"er", "ers", "re", "res", "ere", "eres", "e", "es", "eme", "emes", "nd",
                     "nde", "nds", "ndes"}),
    "en": frozenset({"st", "nd", "rd", "th"}),
}  # fmt: skip

#: what "n°" is read as
NUMBER = {"fr": "numero", "en": "number", "es": "numero", "it": "numero", "pt": "numero"}

#: forms that no stemmer brings to that of their dictionary
IRREGULAR = {
    "fr": {
        "travaux": "travail", "baux": "bail", "vitraux": "vitrail", "coraux": "corail",
        "soupiraux": "soupirail", "vantaux": "vantail", "yeux": "oeil", "cieux": "ciel",
        "aieux": "aieul", "messieurs": "monsieur", "mesdames": "madame",
        "mesdemoiselles": "mademoiselle", "nouveau": "nouvel", "nouveaux": "nouvel",
        "beau": "bel", "beaux": "bel", "belle": "bel", "belles": "bel", "vieil": "vieux",
        "vieille": "vieux", "vieilles": "vieux", "publique": "public", "publiques": "public",
        "grecque": "grec", "grecques": "grec", "turque": "turc", "turques": "turc",
        "blanche": "blanc", "blanches": "blanc", "longue": "long", "longues": "long",
        "fausse": "faux", "fausses": "faux", "douce": "doux", "douces": "doux",
        "fraiche": "frais", "fraiches": "frais", "seche": "sec", "seches": "sec",
        "neuve": "neuf", "neuves": "neuf",
        "grosse": "gros", "grosses": "gros", "epaisse": "epais", "epaisses": "epais",
        "gentille": "gentil", "gentilles": "gentil", "nulle": "nul", "nulles": "nul",
        "rousse": "roux", "rousses": "roux", "jalouse": "jaloux", "jalouses": "jaloux",
        "breve": "bref", "breves": "bref", "veuve": "veuf", "veuves": "veuf", "paysanne": "paysan",
        "paysannes": "paysan", "francaise": "francais", "francaises": "francais",
        "etrangere": "etranger", "etrangeres": "etranger", "ideaux": "ideal",
        "materiaux": "materiau", "hivers": "hiver", "tous": "tout", "suggere": "suggerer",
        "exagere": "exagerer", "digere": "digerer", "tuee": "tue", "tuees": "tue", "votee": "vote",
        "votees": "vote", "jugee": "juge", "jugees": "juge", "visee": "vise", "visees": "vise",
        "liee": "lie", "liees": "lie", "payee": "payer", "payees": "payer", "paye": "payer",
        "payes": "payer", "aidee": "aide", "aidees": "aide", "peux": "peut", "fera": "faire",
        "feront": "faire", "ferait": "faire", "feraient": "faire", "verra": "voir",
        "verront": "voir", "verrait": "voir", "verraient": "voir",
        # abbreviations
        "h": "heure", "km": "kilometre", "st": "saint", "ste": "saint", "mme": "madame",
        "mmes": "madame", "mlle": "mademoiselle", "mr": "monsieur", "mgr": "monseigneur",
        "dr": "docteur",
    },
    "en": {
        "women": "woman", "men": "man", "children": "child", "feet": "foot", "teeth": "tooth",
        "mice": "mouse", "geese": "goose", "wives": "wife", "knives": "knife", "thieves": "thief",
        "wolves": "wolf", "shelves": "shelf", "halves": "half", "leaves": "leaf", "elves": "elf",
        "criteria": "criterion", "crises": "crisis", "won": "win", "bought": "buy",
        "caught": "catch", "taught": "teach", "fought": "fight", "sold": "sell", "stole": "steal",
        "stolen": "steal", "wrote": "write", "written": "write", "chose": "choose",
        "chosen": "choose", "lost": "lose", "held": "hold", "sent": "send", "paid": "pay",
        "spent": "spend", "kept": "keep", "built": "build", "began": "begin", "begun": "begin",
        "broke": "break", "broken": "break", "ran": "run", "fell": "fall", "fallen": "fall",
        "grew": "grow", "grown": "grow", "took": "take", "taken": "take", "gave": "give",
        "given": "give", "drove": "drive", "driven": "drive", "flew": "fly", "flown": "fly",
        "shot": "shoot", "shots": "shoot", "struck": "strike", "told": "tell", "made": "make",
        "knew": "know", "known": "know", "became": "become", "threw": "throw", "thrown": "throw",
        "sought": "seek", "spoke": "speak", "spoken": "speak", "stood": "stand",
        "understood": "understand", "hid": "hide", "hidden": "hide", "beaten": "beat",
        "shown": "show", "drew": "draw", "drawn": "draw", "led": "lead", "heard": "hear",
        "fled": "flee", "froze": "freeze", "frozen": "freeze", "businesses": "business",
        "authorities": "authority", "programme": "program", "programmes": "program",
        # abbreviations
        "st": "saint", "mt": "mount",
    },
}  # fmt: skip

#: beginnings that some write with a hyphen and some without: anti-terrorist, antiterrorist
PREFIXES = (
    r"(?:anti|auto|co|cyber|[eé]co|euro|extra|hyper|macro|m[eé]ga|micro|mini|multi|narco|n[eé]o|non"
    r"|post|pr[eé]|pseudo|semi|socio|super|t[eé]l[eé]|ultra|vice)(?=[^\W\d_]{4})"
    r"|e(?=mails?\b|books?\b|commerce|learning|sports?\b|cigarette|signature|sant[eé]|banking)"
    r"|week(?=end)|t(?=shirt)|x(?=rays?\b)|on(?=line\b)|web(?=sites?\b)|health(?=care\b)"
    r"|re(?=e[^\W\d_]{4})"
)
