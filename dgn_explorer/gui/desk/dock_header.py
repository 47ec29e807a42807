"""The handle of a panel: its name, and buttons to float and to close it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QToolButton, QWidget

from dgn_explorer.gui.look.icons import icon
from dgn_explorer.gui.look.parts import ElidedLabel
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import SMALL, TIGHT, Theme

_EDGE_PX = 22


class DockHeader(QWidget):
    """Pulling at it moves the panel, a double-click floats it: Qt sees to both.

    ``beside`` stands at the left of a low panel, where a line above would take from its height.
    """

    def __init__(self, dock: QDockWidget, name: str, theme: Theme, beside: bool) -> None:
        super().__init__(dock)
        self._dock, self._theme = dock, theme
        row = QHBoxLayout(self)
        row.setContentsMargins(TIGHT if beside else SMALL, TIGHT if beside else 0, 0, 0)
        row.setSpacing(0)
        self.setProperty("role", "handle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        if not beside:
            title = ElidedLabel("section")
            title.setText(name.upper())
            row.addWidget(title, 1)
        self.float_it = self._button(f"Float the panel {name}, or put it back")
        self.float_it.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.close_it = self._button(f"Close the panel {name}")
        set_tip(self.close_it, f"Close the panel {name}; the menu View shows it again")
        self.close_it.clicked.connect(dock.close)
        for button in (self.float_it, self.close_it):
            button.setFixedSize(_EDGE_PX - 4 * beside, _EDGE_PX)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        if beside:
            self.setFixedWidth(2 * (_EDGE_PX - 4) + TIGHT)
        else:
            self.setFixedHeight(_EDGE_PX)
        set_tip(self, "Pull to move the panel; double-click to float it")
        theme.changed.connect(self._tint)
        self._tint()

    def _button(self, name: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "tiny")
        button.setAccessibleName(name)
        set_tip(button, name)
        return button

    def _tint(self) -> None:
        muted = self._theme.colours.muted
        self.float_it.setIcon(icon("float", muted, muted))
        self.close_it.setIcon(icon("close", muted, muted))
