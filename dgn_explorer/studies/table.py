"""`STUDIES`: every analysis, one row each. A new one is a folder and a row here."""

from dgn_explorer.errors import DgnError
from dgn_explorer.studies.dissection.about import DISSECTION
from dgn_explorer.studies.maps.about import MAPS
from dgn_explorer.studies.nearest.about import NEAREST
from dgn_explorer.studies.saliency.about import SALIENCY
from dgn_explorer.studies.strongest.about import STRONGEST
from dgn_explorer.studies.study import Study
from dgn_explorer.studies.top_photos.about import TOP_PHOTOS
from dgn_explorer.studies.values.about import VALUES
from dgn_explorer.studies.verdict.about import VERDICT

STUDIES: tuple[Study, ...] = (
    STRONGEST,
    VERDICT,
    SALIENCY,
    MAPS,
    DISSECTION,
    TOP_PHOTOS,
    NEAREST,
    VALUES,
)


def study_named(name: str) -> Study:
    """The study called ``name``; raises `DgnError` for an unknown one."""
    for study in STUDIES:
        if study.name == name:
            return study
    names = ", ".join(study.name for study in STUDIES)
    raise DgnError(f"There is no study called {name!r}.", f"The studies are: {names}.")
