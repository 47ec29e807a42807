"""Choosing a network and a prior: by name, by file, or from the last ones."""

import json
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.look.parts import fix_width, label
from dgn_explorer.gui.look.plain import network_text, set_tip
from dgn_explorer.gui.look.row_delegate import QuietRole, RowDelegate
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, WIDE, Theme
from dgn_explorer.networks.loaders import file_filters, spec_examples

_RECENT = "recent"
_MOST = 10
_PRIOR_FILTERS = ("Priors (*.safetensors)", "All files (*)")
_PRIOR_HELP = "A name (default) or a .safetensors file made with: dgn-explorer train"


def recent(preferences: Preferences) -> list[tuple[str, str]]:
    """The (network, prior) pairs opened last, newest first."""
    try:
        pairs = json.loads(preferences.get(_RECENT, "[]"))
        return [(str(network), str(prior)) for network, prior in pairs]
    except (ValueError, TypeError):  # a settings file may be edited by hand
        return []


def remember(preferences: Preferences, network: str, prior: str) -> None:
    """Put a pair in front of the list."""
    pair = (network, prior)
    pairs = [pair, *(other for other in recent(preferences) if other != pair)]
    preferences.put(_RECENT, json.dumps(pairs[:_MOST]))


class OpenDialog(QDialog):
    """Emits `chosen` with the specs of a network and a prior."""

    chosen = Signal(str, str)

    def __init__(
        self, network: str, prior: str, preferences: Preferences, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open a network")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.network = QLineEdit(network)
        self.prior = QLineEdit(prior)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SMALL)
        grid.setVerticalSpacing(2)
        networks = spec_examples()
        for row, (name, field, text, filters) in enumerate(
            (
                ("Network", self.network, networks[0].upper() + networks[1:], file_filters()),
                ("Prior", self.prior, _PRIOR_HELP, _PRIOR_FILTERS),
            )
        ):
            field.setAccessibleName(name)
            field.setAccessibleDescription(text)
            browse = QPushButton("Browse…")
            browse.setAccessibleName(f"Browse for a {name.lower()} file")
            browse.setAutoDefault(False)
            browse.clicked.connect(partial(self._browse, field, filters))
            grid.addWidget(label(name, "strong"), 4 * row, 0)
            grid.addWidget(field, 4 * row + 1, 0)
            grid.addWidget(browse, 4 * row + 1, 1)
            grid.addWidget(label(text, "caption"), 4 * row + 2, 0, 1, 2)
            grid.setRowMinimumHeight(4 * row + 3, MEDIUM)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(SMALL)
        column.addWidget(label("Open a network", "display"))
        column.addSpacing(SMALL)
        column.addLayout(grid)
        pairs = recent(preferences)
        if pairs:
            column.addWidget(label("LAST OPENED", "section"))
            column.addWidget(self._make_recent(pairs, theme))
        column.addLayout(self._make_buttons())
        fix_width(self, 560)
        self.network.selectAll()
        self.network.setFocus()

    def _make_recent(self, pairs: list[tuple[str, str]], theme: Theme) -> QListWidget:
        made = QListWidget()
        made.setAccessibleName("Last opened")
        made.setItemDelegate(RowDelegate(theme, parent=made))
        made.setMouseTracking(True)
        made.setFixedHeight(min(len(pairs), 5) * 28 + 8)
        for network, prior in pairs:
            item = QListWidgetItem(network_text(network))
            item.setData(QuietRole, f"prior: {network_text(prior)}")
            set_tip(item, f"{network}\nprior: {prior}")
            made.addItem(item)
        made.currentRowChanged.connect(lambda row: self._fill(*pairs[row]))
        made.itemActivated.connect(self._open)
        return made

    def _make_buttons(self) -> QHBoxLayout:
        cancel = QPushButton("Cancel")
        cancel.setAccessibleName("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        go = QPushButton("Open")
        go.setAccessibleName("Open")
        go.setProperty("role", "primary")
        go.setDefault(True)
        go.clicked.connect(self._open)
        row = QHBoxLayout()
        row.setContentsMargins(0, MEDIUM, 0, 0)
        row.setSpacing(SMALL)
        row.addStretch()
        row.addWidget(cancel)
        row.addWidget(go)
        return row

    def _fill(self, network: str, prior: str) -> None:
        self.network.setText(network)
        self.prior.setText(prior)

    def _browse(self, field: QLineEdit, filters: Sequence[str], _checked: bool = False) -> None:
        dialog = QFileDialog(self, "Choose a file")
        dialog.setNameFilters(filters)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(field.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _open(self) -> None:
        network, prior = self.network.text().strip(), self.prior.text().strip()
        if network and prior:
            self.accept()
            self.chosen.emit(network, prior)
