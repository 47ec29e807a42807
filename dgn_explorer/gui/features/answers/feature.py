"""The general rows of the table of answers, one for each kind of record."""

from dgn_explorer.gui.desk.answers import Answer
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.answers.map_view import MapView
from dgn_explorer.gui.features.answers.picture_view import PictureView
from dgn_explorer.gui.features.answers.table_view import TableView


def answers_feature(desk: Desk) -> Feature:
    """Nothing but those rows; other features add rows for what they show in their own way."""
    return Feature(
        name="answers",
        answers=(
            Answer("images", lambda: PictureView(desk)),
            Answer("maps", lambda: MapView(desk)),
            Answer("table", lambda: TableView(desk)),
        ),
    )
