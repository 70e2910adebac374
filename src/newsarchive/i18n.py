"""The words of the interface, in the site's language."""

import gettext
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal


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


@lru_cache(maxsize=64)
def locale(lang: str) -> Locale:
    """The CLDR locale of a BCP 47 language; English for one that CLDR does not have."""
    try:
        return Locale.parse(lang, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=4096)
def grouped(number: int, lang: str) -> str:
    """``12 345``, as a language groups digits."""
    return format_decimal(number, locale=locale(lang))


def counted(singular: str, plural: str, number: int, lang: str) -> str:
    """ "3 articles"; ``%(num)s`` is where the number stands."""
    text = translations(lang).ngettext(singular, plural, number)
    return text % {"num": grouped(number, lang)}
