"""What the path of a file says: its date, its language, whether it is an index or a draft."""

import re

from msgspec import Struct

#: of a Markdown file's name; ``jekyll new`` writes the second
ENDINGS = (".md", ".markdown")
#: ISO 639-1
_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu "
    "hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb "
    "lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om "
    "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv "
    "sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh "
    "zu"
)
_LANGUAGES = frozenset(_CODES.split())
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_]([A-Za-z]{2}))?")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?!\d)", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[-T]([01]\d|2[0-3])h?([0-5]\d)(?![^\W_])", re.ASCII)
_FOLDER_DATE = re.compile(r"(?:^|/)(\d{4})/(\d\d)/(\d\d)(?=/|$)", re.ASCII)


class FileName(Struct, frozen=True, gc=False):
    """What a path says."""

    #: as ISO 8601 writes it; empty when the path holds none; not looked up in the calendar
    date: str = ""
    #: BCP 47; empty when no folder and no suffix names one
    lang: str = ""
    #: ``index`` or ``_index``, for such a file; else empty
    index: str = ""
    #: whether a folder ``_drafts`` holds it
    draft: bool = False


def begins_with_date(name: str) -> bool:
    """Whether a file name is that of an update in a story's folder: ``2023-11-18.md``."""
    return name.endswith(ENDINGS) and _DATE.match(name) is not None


def read(file: str, *, update: bool = False) -> FileName:
    """Read a path relative to the articles folder; that of an update may hold a time."""
    folder, _, name = file.rpartition("/")
    stem = name.removesuffix(".md").removesuffix(".markdown")
    base, _, suffix = stem.rpartition(".")
    lang = language(suffix) if base else ""
    stem = base if lang else stem
    index = stem if stem in ("index", "_index") else ""
    folders = folder.split("/") if folder else []
    for each in reversed(folders):
        lang = lang or language(each)
    return FileName(_date(stem, folder, index, update=update), lang, index, "_drafts" in folders)


def language(name: str) -> str:
    """The language a folder or suffix names, as BCP 47; empty when it names none."""
    found = _LANGUAGE.fullmatch(name)
    if not found or found[1] not in _LANGUAGES:
        return ""
    return f"{found[1]}-{found[2].upper()}" if found[2] else found[1]


def _date(stem: str, folder: str, index: str, *, update: bool) -> str:
    if update and (time := _TIME.match(stem)):
        return f"{stem[:10]} {time[1]}:{time[2]}"
    if found := _DATE.match(stem):
        return found[1]
    if index and (found := _DATE.match(folder.rpartition("/")[2])):
        return found[1]
    levels = list(_FOLDER_DATE.finditer(folder))
    return "-".join(levels[-1].groups()) if levels else ""
