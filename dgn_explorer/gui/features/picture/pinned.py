"""A picture that stays in sight beside whatever else is looked at."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.close_button import CloseButton
from dgn_explorer.gui.look.parts import ElidedLabel, panel
from dgn_explorer.gui.look.plain import network_text
from dgn_explorer.gui.look.texts import number_text
from dgn_explorer.gui.look.theme import MEDIUM, SMALL
from dgn_explorer.results.record import Record

_KEPT = "pinned"  # the preference


class Pinned(QWidget):
    """Hidden while nothing is pinned; zoom and place are linked with ``beside``."""

    changed = Signal()

    def __init__(self, desk: Desk, beside: Canvas) -> None:
        super().__init__()
        self._desk = desk
        self.result: Record | None = None
        self.canvas = Canvas(desk.theme)
        self.canvas.setAccessibleName("Pinned picture")
        self._following = False
        for leader, follower in ((beside, self.canvas), (self.canvas, beside)):
            leader.view_changed.connect(lambda a=leader, b=follower: self._follow(a, b))
        self._title, self._about = ElidedLabel("strong"), ElidedLabel("caption")
        close = CloseButton(desk.theme, "Take the pinned picture away")
        close.clicked.connect(lambda: self.pin(None))
        head, column = panel(margin=0, spacing=0)
        column.setContentsMargins(MEDIUM, SMALL, SMALL, SMALL)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self._title)
        row.addWidget(self._about, 1)
        row.addWidget(close)
        column.addLayout(row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 2, 0)
        outer.setSpacing(0)
        outer.addWidget(head)
        outer.addWidget(self.canvas, 1)
        self.hide()
        desk.session.library.changed.connect(self._look_for_it)
        desk.session.opened.connect(self._take_up)

    def pin(self, result: Record | None) -> None:
        """Keep ``result`` in sight, or nothing."""
        self.result = result
        self.setVisible(result is not None)
        if result is not None:
            recipe = result.recipe
            self._title.setText(result.label or recipe.target.text())
            self._about.setText(
                f"pinned · activation {number_text(result.activation)} · seed {recipe.seed} · "
                f"{network_text(recipe.network)}"
            )
        self.canvas.show_image(result.picture if result is not None else None)
        self.changed.emit()

    def remember(self) -> None:
        """Put it into the preferences."""
        self._desk.preferences.put(_KEPT, self.result.key if self.result is not None else "")

    def _take_up(self) -> None:
        """Pin what was pinned in the last session, once."""
        key = self._desk.preferences.get(_KEPT, "")
        self._desk.preferences.put(_KEPT, "")
        if key and self.result is None:
            self._desk.flows.start(self._pin_stored(key))

    async def _pin_stored(self, key: str) -> None:
        found = await self._desk.flows.on_disk(self._desk.session.library.read, key)
        if found is not None and self.result is None:
            self.pin(found)

    def _look_for_it(self) -> None:
        """What has gone into the trash does not stay here."""
        trash = {item.key for item in self._desk.session.library.trash}
        if self.result is not None and self.result.key in trash:
            self.pin(None)

    def _follow(self, leader: Canvas, follower: Canvas) -> None:
        if self.result is not None and not self._following:
            self._following = True
            follower.set_view(*leader.view)
            self._following = False
