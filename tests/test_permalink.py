"""Addresses: spelt in one place, escaped once, never leading off the site."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import permalink


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("2023/2023-12-05-un-article.md", "2023/2023-12-05-un-article"),
        ("2023/affaire/index.md", "2023/affaire"),
        ("2023/affaire/_index.md", "2023/affaire"),
        ("a/b.fr.md", "a/b.fr"),
        ("e\u0301te\u0301.md", "été"),
        ("index.md", ""),
        ("myindex.md", "myindex"),
    ],
)
def test_the_path_on_disk_is_the_path_on_the_site(file: str, path: str) -> None:
    assert permalink.path_of_file(file) == path


def test_names_with_spaces_quotes_and_accents_are_escaped() -> None:
    assert (
        permalink.entry("fr/l’été : déjà?")
        == "/articles/fr/l%E2%80%99%C3%A9t%C3%A9%20:%20d%C3%A9j%C3%A0%3F/"
    )


def test_the_source_of_an_entry_is_its_file() -> None:
    assert permalink.source("2023/a", "2023/a/index.md") == "/articles/2023/a/index.md"
    assert permalink.source("2023/a", "2023/a.md") == "/articles/2023/a.md"
    assert permalink.source("2023/a/2023-11-17", "2023/a.md") == "/articles/2023/a/2023-11-17.md"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Économie d’État", "economie-d-etat"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("Œuvre", "oeuvre"),
        ("R&D", "r-d"),
        ("🌊", "🌊"),
        ("///", "-"),
        ("..", "-"),
    ],
)
def test_a_name_has_one_slug(name: str, slug: str) -> None:
    assert permalink.slug(name) == slug


@given(st.text(min_size=1))
def test_a_slug_is_never_empty_and_of_one_segment(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    slug = permalink.slug(name)
    assert slug
    assert "/" not in slug
    assert slug not in {".", ".."}
    assert permalink.slug(slug) == slug or not slug.isascii()


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("photo.jpg", "/articles/2023/photo.jpg"),
        ("../x/été 1.jpg", "/articles/x/%C3%A9t%C3%A9%201.jpg"),
        ("../../../../etc/passwd", "/etc/passwd"),
        ("/assets/a.png", "/assets/a.png"),
        ("a%20b.png", "/articles/2023/a%20b.png"),
        ("https://example.org/a.png", "https://example.org/a.png"),
        ("//cdn.example.org/a.png", "//cdn.example.org/a.png"),
    ],
)
def test_what_a_file_names_is_relative_to_its_folder(written: str, address: str) -> None:
    assert permalink.resolve(permalink.folder("2023/a.md"), written) == address


def test_ids_are_tag_uris_unless_they_are_uris_already() -> None:
    assert permalink.tag_uri("example.org,2026", "k3f9") == "tag:example.org,2026:k3f9"
    assert permalink.tag_uri("example.org,2026", "2023/é") == "tag:example.org,2026:2023/%C3%A9"
    assert permalink.tag_uri("example.org,2026", "https://a.b/?p=1") == "https://a.b/?p=1"


def test_words_are_folded_and_said_once() -> None:
    assert permalink.words("L’Œuvre, l'œuvre d'Été 2023") == ("oeuvre", "ete", "2023")


def test_single_letters_are_words_when_there_is_nothing_else() -> None:
    assert permalink.words("X") == ("x",)
    assert permalink.words("7 à") == ("7", "a")
    assert permalink.words("7 à dix") == ("dix",)
    assert permalink.words("!!!") == ()


def test_what_visitors_ask_for_fills_no_memory() -> None:
    for number in range(5000):
        permalink.slug(f"nom {number}")
    kept = permalink._kept_slug.cache_info()
    assert kept.currsize <= 4096
    before = kept.misses
    assert permalink.slug("é" * 1000) == "e" * 1000
    assert permalink._kept_slug.cache_info().misses == before
