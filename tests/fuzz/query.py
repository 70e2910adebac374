"""Any text is a question, or is refused by name; what is read is read again as the same."""

import sys

import atheris

with atheris.instrument_imports(include=["newsarchive"]):
    from newsarchive import wording
    from newsarchive.errors import QueryError


def one(data: bytes) -> None:
    """A question."""
    text = data.decode("utf-8", "replace")
    try:
        read = wording.parse(text)
    except QueryError as error:
        if not error.parameter:
            raise
        return
    assert len(read.clauses) <= wording.MAX_CLAUSES
    again = wording.parse(wording.unparse(read))
    assert again.clauses == read.clauses


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
