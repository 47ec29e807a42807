"""Every network that can be opened by a name, by where it comes from, with a filter."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import network_text, plain, set_tip
from dgn_explorer.gui.look.row_delegate import QuietRole, RowDelegate
from dgn_explorer.gui.look.theme import SMALL, TIGHT, Theme
from dgn_explorer.gui.state.networks.network_cards import NetworkNames

_PairRole = Qt.ItemDataRole.UserRole + 1
_NUMBERED = 9  # recent ones with a key of their own
_MISSING = "not installed: extra networks"
_DOWNLOADED = "downloaded when it is opened"


class NetworkList(QWidget):
    """Choosing fills in what is opened; Ctrl+1 to Ctrl+9 open the last ones."""

    picked = Signal(str, str)  # network and prior; an empty prior is left as it is
    wanted = Signal()  # open what is picked

    def __init__(self, recent: Sequence[tuple[str, str]], theme: Theme) -> None:
        super().__init__()
        self._recent = list(recent)
        self._names = NetworkNames((), ())
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find a network")
        self.filter.setAccessibleName("Find a network")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._fill)
        self.list = QListWidget()
        self.list.setAccessibleName("Networks")
        self.list.setItemDelegate(RowDelegate(theme, parent=self.list))
        self.list.setMouseTracking(True)
        self.list.currentItemChanged.connect(self._pick)
        self.list.itemActivated.connect(lambda item: self._activate(item))
        self._note = label("Asking which models are installed…", "caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(self.filter)
        column.addWidget(self.list, 1)
        column.addWidget(self._note)
        column.setSpacing(SMALL)
        for place in range(min(_NUMBERED, len(self._recent))):
            key = QShortcut(QKeySequence(f"Ctrl+{place + 1}"), self)
            key.activated.connect(lambda place=place: self._open_recent(place))
        self._fill()

    def show_names(self, names: NetworkNames) -> None:
        """List what there is besides the last ones."""
        self._names = names
        self._note.hide()
        self._fill()

    def specs(self) -> list[str]:
        """What is listed, in order, without the headings."""
        rows = (self.list.item(row).data(_PairRole) for row in range(self.list.count()))
        return [pair[0] for pair in rows if pair is not None]

    def choose(self, spec: str) -> None:
        """Make a network of the list the current one."""
        for row in range(self.list.count()):
            pair = self.list.item(row).data(_PairRole)
            if pair is not None and pair[0] == spec:
                self.list.setCurrentRow(row)
                return

    def _fill(self) -> None:
        names, wanted = self._names, self.filter.text().strip().lower()
        self.list.blockSignals(True)
        self.list.clear()
        recent = [
            (network, prior, f"generator {network_text(prior)}" + self._key_text(place))
            for place, (network, prior) in enumerate(self._recent)
        ]
        self._add("LAST OPENED", recent, wanted)
        built_in = [
            (name, "", _MISSING if name in names.missing else "") for name in names.built_in
        ]
        self._add("BUILT IN", built_in, wanted)
        self._add("YOUR OWN", [(name, "", "") for name in names.own], wanted)
        for library, models in (("torchvision", names.torchvision), ("timm", names.timm)):
            rows = [(f"{library}:{name}", "", _DOWNLOADED) for name in models]
            self._add(library.upper(), rows, wanted)
        self.list.blockSignals(False)

    @staticmethod
    def _key_text(place: int) -> str:
        return f"   Ctrl+{place + 1}" if place < _NUMBERED else ""

    def _add(self, title: str, rows: Sequence[tuple[str, str, str]], wanted: str) -> None:
        found = [row for row in rows if wanted in f"{row[0]} {row[1]}".lower()]
        if not found:
            return
        head = QListWidgetItem(title)
        head.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(head)
        for network, prior, quiet in found:
            item = QListWidgetItem(network_text(network))
            item.setData(QuietRole, plain(quiet, 60))
            item.setData(_PairRole, (network, prior))
            set_tip(item, f"{network}\n{quiet}" if quiet else network)
            self.list.addItem(item)

    def _pick(self, item: QListWidgetItem | None) -> None:
        pair = item.data(_PairRole) if item is not None else None
        if pair is not None:
            self.picked.emit(*pair)

    def _activate(self, item: QListWidgetItem) -> None:
        if item.data(_PairRole) is not None:
            self._pick(item)
            self.wanted.emit()

    def _open_recent(self, place: int) -> None:
        self.picked.emit(*self._recent[place])
        self.wanted.emit()
