"""The trash: looking into it, taking results out of it, and emptying it."""

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.trash.trash_dialog import TrashDialog


def trash_feature(desk: Desk) -> Feature:
    """One action; what is put away stays there when the window closes."""
    library = desk.session.library
    return Feature(
        name="trash",
        actions=(
            Action("trash", "Edit", 3, "Trash…",
                   "Look at deleted results, take them back or delete them for good",
                   lambda: TrashDialog(desk).open(), icon="trash", place=1,
                   enabled=lambda: bool(library.trash)),
        ),
        follows=(library.changed,),
    )  # fmt: skip
