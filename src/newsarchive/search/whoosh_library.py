"""What is used of Whoosh, which is imported here and nowhere else.

Whoosh 2.7.4 has no types and spells some of its texts in ways that later Pythons warn of; the
warnings are for its authors and are silenced while it is compiled.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", SyntaxWarning)
    warnings.simplefilter("ignore", DeprecationWarning)
    from whoosh import columns, fields, formats  # type: ignore[import-untyped]  # it has no types
    from whoosh.codec import whoosh3  # type: ignore[import-untyped]  # it has no types
    from whoosh.filedb.filestore import FileStorage  # type: ignore[import-untyped]  # no types
    from whoosh.filedb.structfile import StructFile  # type: ignore[import-untyped]  # no types
    from whoosh.index import TOC, FileIndex  # type: ignore[import-untyped]  # it has no types
    from whoosh.matching.mcore import ListMatcher  # type: ignore[import-untyped]  # no types
    from whoosh.reading import SegmentReader, TermNotFound  # type: ignore[import-untyped]  # no types
    from whoosh.util.filelock import FileLock  # type: ignore[import-untyped]  # it has no types
    from whoosh.util.numeric import byte_to_length  # type: ignore[import-untyped]  # no types
    from whoosh.writing import SegmentWriter  # type: ignore[import-untyped]  # it has no types

__all__ = [
    "TOC",
    "FileIndex",
    "FileLock",
    "FileStorage",
    "ListMatcher",
    "SegmentReader",
    "SegmentWriter",
    "StructFile",
    "TermNotFound",
    "byte_to_length",
    "columns",
    "fields",
    "formats",
    "whoosh3",
]

#: Whoosh's name of an index in its folder
NAME = "MAIN"
