"""What patterns are put together from."""


def repeated(body: str) -> str:
    """``body`` as often as it follows, without going back: ``(?:body)*+``.

    CPython before 3.11.5 ends such a repetition where its last try failed instead of where that
    began (gh-106052): with nothing as its last choice it does not fail.
    """
    return f"(?:{body}|)*+"
