"""The catalogue: what the files say, in SQLite, in the order in which it is asked for."""

from newsarchive.catalogue.arrivals import Arrival
from newsarchive.catalogue.changes import Changes, FileState, Outcome, Placed, ReadFile
from newsarchive.catalogue.reader import Catalogue
from newsarchive.catalogue.values import Asset, Change, Name, Page, Running
from newsarchive.catalogue.writer import CatalogueWriter

__all__ = [
    "Arrival", "Asset", "Catalogue", "CatalogueWriter", "Change", "Changes", "FileState", "Name",
    "Outcome", "Page", "Placed", "ReadFile", "Running",
]  # fmt: skip
