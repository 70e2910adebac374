"""Any Markdown becomes safe HTML within bounds, and a feed that XML can hold."""

import sys

import atheris

with atheris.instrument_imports(include=["newsarchive"]):
    from lxml import etree

    from newsarchive.markup import Place, render, summary
    from newsarchive.sanitise import MAX_OUTPUT

PLACE = Place(permalink="/articles/a/", folder="2024", lang="fr", prefix="a--")


def one(data: bytes) -> None:
    """A text, as a page and as an element of a feed."""
    body = data.decode("utf-8", "surrogateescape")
    rendering = render(body, PLACE)
    html = rendering.absolute("https://example.org")
    assert len(rendering.html) <= MAX_OUTPUT * 2
    assert "<script" not in html.lower()
    element = etree.Element("content")
    element.text = html  # which raises at what XML forbids
    element.tail = summary(body)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
