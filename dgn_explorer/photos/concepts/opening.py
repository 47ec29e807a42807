"""Opening a concept set in whichever layout it has."""

from pathlib import Path

from dgn_explorer.photos.concepts import broden, simple
from dgn_explorer.photos.concepts.concept_set import ConceptSet
from dgn_explorer.photos.concepts.set_files import open_files


def open_concepts(path: Path) -> ConceptSet:
    """Open a folder or zip; raises `DgnError` with what is wrong with it.

    Tables are read at once, pictures and masks when they are asked for.
    """
    files = open_files(path, (simple.TABLE, broden.TABLE))
    try:
        if broden.TABLE in files.names:
            return broden.read_set(files)
        return simple.read_set(files)
    except BaseException:
        files.close()
        raise
