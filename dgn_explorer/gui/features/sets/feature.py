"""The rows of the table of answers for what is asked of photo sets."""

from dgn_explorer.gui.desk.answers import Answer
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.sets.kinds_view import KindsView
from dgn_explorer.gui.features.sets.nearest_view import NearestView
from dgn_explorer.gui.features.sets.photos_view import PhotosView
from dgn_explorer.studies.nearest.about import NEAREST
from dgn_explorer.studies.top_photos.about import TOP_PHOTOS
from dgn_explorer.synthesis.methods.facets.about import FACETS


def sets_feature(desk: Desk) -> Feature:
    """Nothing but those rows: chips and controls come from the descriptions."""
    return Feature(
        name="sets",
        answers=(
            Answer("table", lambda: PhotosView(desk), about=TOP_PHOTOS.name),
            Answer("images", lambda: KindsView(desk), about=FACETS.name),
            Answer("table", lambda: NearestView(desk), about=NEAREST.name),
        ),
    )
