"""The interface in French: every text of it, with its plurals, set as the French set it."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import newsarchive.web
from newsarchive.i18n import translations

PACKAGE = Path(newsarchive.web.__file__).parents[1]
KEYWORDS = {
    "_": None, "said": None, "ngettext": (1, 2), "counted": (1, 2), "QueryError": (2,),
    "Note": (1,),
}  # fmt: skip
PYTHON = r"%\((\w+)\)s"


def used() -> set[str]:
    """Every English text of the interface."""
    found: set[str] = set()
    for folder, method in [(PACKAGE, "python"), (PACKAGE / "web" / "templates", "jinja2")]:
        pattern = "**.py" if method == "python" else "**.html"
        for _, _, message, _, _ in extract_from_dir(
            folder,
            [(pattern, method)],
            keywords=KEYWORDS,
            options_map={pattern: {"trimmed": "true"}},
        ):
            found.add(message[0] if isinstance(message, tuple) else message)
    for path in PACKAGE.rglob("*.py"):
        for pair in re.findall(
            r'words=?.*?\(\s*"(%\(num\)s [^"]+)",\s*"(%\(num\)s [^"]+)"', path.read_text("utf-8")
        ):
            found.add(pair[0])
    return found


def french() -> dict[str, Message]:
    catalog = read_po(BytesIO((PACKAGE / "locale" / "fr.po").read_bytes()))
    return {m.id[0] if isinstance(m.id, tuple) else str(m.id): m for m in catalog if m.id}


def test_every_text_of_the_interface_is_in_french() -> None:
    texts = used()
    assert len(texts) > 40
    assert texts - set(french()) == set()


@pytest.mark.parametrize("message", french().values(), ids=lambda message: str(message.id)[:40])
def test_a_translation_is_whole_and_well_set(message: Message) -> None:
    originals = message.id if isinstance(message.id, tuple) else (message.id,)
    made = message.string if isinstance(message.string, tuple) else (message.string,)
    assert not message.fuzzy
    for text in made:
        assert text
        assert set(re.findall(PYTHON, text)) <= set(re.findall(PYTHON, " ".join(originals)))
        assert "'" not in text
        assert not re.search(r"(?<!\u202f)[;!?]|(?<![\u00a0\d]):", text), text


def test_a_language_without_a_catalogue_is_answered_in_english() -> None:
    assert translations("de").gettext("Nothing at this address") == "Nothing at this address"
    assert translations("fr-CA").gettext("Withdrawn") == "Retiré"
