"""What the network sees in the photo that is open, always beside it."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import action_button, label
from dgn_explorer.gui.look.theme import SMALL
from dgn_explorer.gui.look.top_classes import TopClasses
from dgn_explorer.gui.state.surveys import Wish
from dgn_explorer.results.record import Record


class Seen(QWidget):
    """The five best classes, and a way to start images from the photo."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._session, self._photo = desk.session, desk.photo
        self._wish: Wish | None = None
        self._text = label("", "muted", wrap=True)
        self.top = TopClasses(desk.theme)
        self.top.setAccessibleName("Best classes of the photo")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SMALL)
        column.setSpacing(SMALL)
        for part in (self._text, self.top, action_button(desk.table["photo_start"])):
            column.addWidget(part)
        desk.photo.opened.connect(self._ask)
        desk.session.opened.connect(self._ask)
        self._ask()

    def _ask(self) -> None:
        if self._wish is not None:
            self._wish.drop()
            self._wish = None
        photo, network = self._photo.input, self._session.network
        self.top.show_classes(())
        if photo is None or network is None:
            self._text.setText("What the network sees in a photo stands here.")
        elif not network.labels:
            self._text.setText("This network has no class names.")
        else:
            self._text.setText(f"{network.title} looks…")
            self._wish = self._session.surveys.verdict(network, photo, self._answered)

    def _answered(self, record: Record) -> None:
        network = self._session.network
        names = network.labels if network is not None else ()
        rows = zip(
            record.array("class_index").tolist(),
            record.array("probability").tolist(),
            strict=True,
        )
        shown = tuple((names[i] if i < len(names) else f"class {i}", p) for i, p in rows)
        self._text.setText(f"{network.title} sees" if network is not None else "")
        self.top.show_classes(shown)
