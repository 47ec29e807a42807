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
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.frame.network_card import NetworkCardView
from dgn_explorer.gui.frame.network_list import NetworkList
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, WIDE, Theme
from dgn_explorer.gui.state.networks.network_cards import NetworkCards
from dgn_explorer.networks.loaders import file_filters, spec_examples

_RECENT = "recent"
_MOST = 10
_PRIOR_FILTERS = ("Generators (*.safetensors)", "All files (*)")
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
        self,
        network: str,
        prior: str,
        preferences: Preferences,
        theme: Theme,
        cards: NetworkCards,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open a network")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._cards = cards
        self.network = QLineEdit(network)
        self.prior = QLineEdit(prior)
        self.names = NetworkList(recent(preferences), theme)
        self.names.picked.connect(self._fill)
        self.names.wanted.connect(self._open)
        self.card = NetworkCardView(cards)
        self.network.textChanged.connect(self.card.forget)
        self.card.look_wanted.connect(self._look)
        self.card.photos_wanted.connect(self._choose_photos)
        self.card.flags_wanted.connect(self._open_with)
        cards.setParent(self)
        cards.listed.connect(self.names.show_names)
        self.finished.connect(cards.close)
        middle = QHBoxLayout()
        middle.setSpacing(LARGE)
        middle.addWidget(self.names, 1)
        middle.addWidget(self.card, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(SMALL)
        column.addWidget(label("Open a network", "display"))
        column.addSpacing(SMALL)
        column.addLayout(middle, 1)
        column.addSpacing(SMALL)
        column.addLayout(self._make_fields())
        column.addLayout(self._make_buttons())
        self.resize(860, 620)
        self.network.selectAll()
        self.network.setFocus()
        cards.list_names()

    def _make_fields(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(SMALL)
        grid.setVerticalSpacing(2)
        networks = spec_examples()
        for row, (name, field, text, filters) in enumerate(
            (
                ("Network", self.network, networks[0].upper() + networks[1:], file_filters()),
                ("Generator", self.prior, _PRIOR_HELP, _PRIOR_FILTERS),
            )
        ):
            field.setAccessibleName(name)
            field.setAccessibleDescription(text)
            browse = QPushButton("Browse…")
            browse.setAccessibleName(f"Browse for a {name.lower()} file")
            browse.setAutoDefault(False)
            browse.clicked.connect(partial(self._browse, field, filters))
            grid.addWidget(label(name, "strong"), 3 * row, 0)
            grid.addWidget(field, 3 * row, 1)
            grid.addWidget(browse, 3 * row, 2)
            grid.addWidget(label(text, "caption", wrap=True), 3 * row + 1, 1, 1, 2)
            grid.setRowMinimumHeight(3 * row + 2, SMALL)
        grid.setColumnStretch(1, 1)
        return grid

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
        if prior:
            self.prior.setText(prior)

    def _look(self) -> None:
        spec = self.network.text().strip()
        if spec:
            self.card.start("Loading it…")
            self._cards.look(spec)

    def _choose_photos(self) -> None:
        chooser = QFileDialog(self, "Labelled photographs: a folder with one folder a class")
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.fileSelected.connect(self.check_on)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def check_on(self, photos: str) -> None:
        """Try the network on labelled photographs."""
        spec = self.network.text().strip()
        if spec:
            self.card.start("Loading it…")
            self._cards.look(spec, photos)

    def _open_with(self, flags: str) -> None:
        self.network.setText(f"{self.network.text().strip()} {flags}")
        self._open()

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
