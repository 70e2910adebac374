"""The words of the interface, in the site's language."""

import gettext
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


@lru_cache(maxsize=8)
def translations(lang: str) -> gettext.NullTranslations:
    """The interface in a language (BCP 47); in English where there is no catalogue of it."""
    source = files("newsarchive").joinpath("locale", f"{lang.partition('-')[0].lower()}.po")
    if not source.is_file():
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source.read_bytes())))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
