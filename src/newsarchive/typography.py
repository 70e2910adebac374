"""Text as the printers of its language set it: spaces, apostrophes, quotation marks, dashes."""

import re

_FRENCH = re.compile(
    r"(?P<address>(?:https?://|www\.)\S+)"
    r"| (?P<thin>[;!?»])"
    r"|(?P<guillemet>«) "
    r"| (?P<colon>:)"
    r"|(?P<apostrophe>(?<=[^\W\d_])'(?=[\w«“]))"
    r"|(?P<ellipsis>(?<!\.)\.{3}(?!\.))"
)
_FRENCH_SIGNS = (" ;", " !", " ?", " »", "« ", " :", "'", "...")
_OTHER = re.compile(
    r"(?P<address>(?:https?://|www\.)\S+)|(?P<apostrophe>(?<=[^\W\d_])'(?=[^\W\d_]))"
)


def typeset(text: str, lang: str) -> str:
    """Plain text as its language sets it; what is set already stays, and so do addresses.

    Apostrophes between letters are curly. In French an ordinary space before ; ! ? and within
    « » becomes U+202F, before a colon U+00A0, and three dots an ellipsis: no space is added.
    """
    french = lang.lower().partition("-")[0] == "fr"
    # most texts hold nothing to be set, and a look for that costs a tenth of the search
    if not any(sign in text for sign in (_FRENCH_SIGNS if french else "'")):
        return text
    return (_FRENCH if french else _OTHER).sub(_set, text)


def _set(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "thin":
            return "\u202f" + found["thin"]
        case "guillemet":
            return "«\u202f"
        case "colon":
            return "\xa0:"
        case "apostrophe":
            return "’"
        case "ellipsis":
            return "…"
    return found[0]


#: by language: the outer marks, then those within them
_MARKS = {
    "cs": ("„", "“", "‚", "‘"),
    "da": ("»", "«", "›", "‹"),
    "de": ("„", "“", "‚", "‘"),
    "es": ("«", "»", "“", "”"),
    "fr": ("«\u202f", "\u202f»", "“", "”"),
    "it": ("«", "»", "“", "”"),
    "nb": ("«", "»", "‘", "’"),
    "pl": ("„", "”", "«", "»"),
    "pt": ("«", "»", "“", "”"),
    "ru": ("«", "»", "„", "“"),
    "sv": ("”", "”", "’", "’"),
    "uk": ("«", "»", "„", "“"),
}
_ENGLISH = ("“", "”", "‘", "’")

_MARK = re.compile(r"([\"'])")
_DASH = re.compile(r"(?<!-)---(?!-)|(?<=\s)--(?=\s)|(?<=[^\s-])--(?=[^\s-])")
_DOTS = re.compile(r"(?<!\.)\.{3}(?!\.)")
_BEFORE_OPENING = "([{«“‘„—–-/’\"'"


class Typesetter:
    """Sets the text of one HTML document, given piece by piece in its order."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.marks = _MARKS.get(lang.lower().partition("-")[0], _ENGLISH)
        #: opening marks not closed so far: where in the output, and which
        self.open: list[tuple[int, str]] = []
        self.count = {'"': 0, "'": 0}
        self.last = " "

    def end_block(self, out: list[str]) -> None:
        """A block begins or ends: marks that nothing closed were none."""
        while self.open:
            self._undo(out)
        self.last = " "

    def skip(self, shown: str) -> None:
        """Text that stays as it is was put out: code, or an address."""
        self.last = shown[-1:] or self.last

    def text(self, text: str, out: list[str]) -> None:
        """Append the escaped text to ``out``, set."""
        if "--" in text:
            text = _DASH.sub(lambda dash: "—" if len(dash[0]) == 3 else "–", text)
        if "..." in text:
            text = _DOTS.sub("…", text)
        pieces = _MARK.split(typeset(text, self.lang))
        for turn, piece in enumerate(pieces):
            if turn % 2:
                after = pieces[turn + 1][:1] or "".join(pieces[turn + 2 : turn + 3])
                out.append(self._mark(piece, after, out))
            elif piece:
                out.append(piece)
            self.skip(piece)

    def _mark(self, mark: str, after: str, out: list[str]) -> str:
        before = self.last
        can_open = (before.isspace() or before in _BEFORE_OPENING) and not after.isspace()
        if can_open and self.open and before in "’\"'" and not after.isalnum():
            can_open = False
        if can_open:
            self.open.append((len(out), mark))
            self.count[mark] += 1
            return mark
        if self.count[mark]:
            return self._close(mark, out)
        return "’" if mark == "'" and (before.isalpha() or after.isalpha()) else mark

    def _close(self, mark: str, out: list[str]) -> str:
        while self.open[-1][1] != mark:
            self._undo(out)
        place, _ = self.open.pop()
        self.count[mark] -= 1
        inner = 2 if mark == "'" or self.count['"'] else 0
        out[place] = self.marks[inner]
        return self.marks[inner + 1]

    def _undo(self, out: list[str]) -> None:
        place, mark = self.open.pop()
        self.count[mark] -= 1
        out[place] = "’" if mark == "'" else mark
