"""Labels on the page of a layer; the chip *Labels* asks for them."""

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.answers import Answer
from dgn_explorer.gui.desk.book import View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.labels.labels_view import LabelsView
from dgn_explorer.gui.features.labels.layer_answer import LayerAnswer, is_of_layer
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.studies.dissection.about import DISSECTION

_UNITS, _ANSWER = "units", "layer"
_LAYER = frozenset({PageName.LAYER})


def labels_feature(desk: Desk) -> Feature:
    """The answers about a layer beside its units, and the table of labels."""
    page = LayerAnswer(desk)
    session = desk.session

    def follow() -> None:
        """What somebody has asked about a layer comes to the front of its page."""
        if is_of_layer(session.display) and not session.display.aside:
            desk.book.show_page(PageName.LAYER, _ANSWER)

    session.display_changed.connect(follow)
    return Feature(
        name="labels",
        actions=(
            _view(desk, _UNITS, "layer_units", "Units of the layer",
                  "All units of the layer side by side", "layers", 0),
            _view(desk, _ANSWER, "layer_answer", "Answer about the layer",
                  "The answer to the last question about the layer, such as its labels", "eye", 1),
        ),
        follows=(session.opened, desk.book.page_changed),
        views=(View(_ANSWER, page, (PageName.LAYER,)),),
        answers=(Answer("table", lambda: LabelsView(desk), about=DISSECTION.name),),
    )  # fmt: skip


def _view(desk: Desk, view: str, id: str, title: str, text: str, icon: str, place: int) -> Action:
    def shown() -> bool:
        return desk.book.page is PageName.LAYER and desk.book.view == view

    return Action(
        id, "View", 3, title, text,
        lambda: desk.book.show_page(PageName.LAYER, view),
        icon=icon, checked=shown, place=10 + place, toolbar=20 + place, pages=_LAYER,
        enabled=lambda: desk.session.network is not None,
    )  # fmt: skip
