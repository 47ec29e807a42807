"""Opening a concept set in whichever layout it has."""

from pathlib import Path

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.concepts import broden, simple
from dgn_explorer.photos.concepts.concept_set import ConceptSet
from dgn_explorer.photos.concepts.set_files import open_files

TABLES = (simple.TABLE, broden.TABLE)


def holds_concepts(path: Path) -> bool:
    """Whether ``path`` is a folder or zip with concepts, be they right or wrong."""
    if not path.is_dir() and path.suffix.lower() != ".zip":
        return False
    try:
        open_files(path, TABLES).close()
    except DgnError:
        return False
    return True


def open_concepts(path: Path) -> ConceptSet:
    """Open a folder or zip; raises `DgnError` with what is wrong with it.

    Tables are read at once, pictures and masks when they are asked for.
    """
    files = open_files(path, TABLES)
    try:
        if broden.TABLE in files.names:
            return broden.read_set(files)
        return simple.read_set(files)
    except BaseException:
        files.close()
        raise
