"""The catalogue: what the files say, in SQLite, in the order in which it is asked for."""

from newsarchive.catalogue.announcing import Mark, looking, mark, told_by
from newsarchive.catalogue.arrivals import Arrival
from newsarchive.catalogue.changes import Changes, FileState, Outcome, Placed, ReadFile
from newsarchive.catalogue.following import Told
from newsarchive.catalogue.reader import Catalogue
from newsarchive.catalogue.rows import entry, name_damage
from newsarchive.catalogue.store import is_damage
from newsarchive.catalogue.values import Asset, Change, Name, Page, Running
from newsarchive.catalogue.walking import Held, Part, Place
from newsarchive.catalogue.writer import CatalogueWriter

__all__ = [
    "Arrival", "Asset", "Catalogue", "CatalogueWriter", "Change", "Changes", "FileState", "Held",
    "Mark", "Name", "Outcome", "Page", "Part", "Place", "Placed", "ReadFile", "Running", "Told",
    "entry", "is_damage", "looking", "mark", "name_damage", "told_by",
]  # fmt: skip
