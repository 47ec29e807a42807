"""The small cross that puts something away."""

from PySide6.QtWidgets import QToolButton, QWidget

from dgn_explorer.gui.look.icons import icon
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import Theme


class CloseButton(QToolButton):
    """Flat, and in the colours of the theme; ``name`` is for screen readers."""

    def __init__(
        self, theme: Theme, name: str, tip: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("role", "flat")
        self.setAccessibleName(name)
        set_tip(self, tip or name)
        theme.changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        muted = self._theme.colours.muted
        self.setIcon(icon("close", muted, muted))
