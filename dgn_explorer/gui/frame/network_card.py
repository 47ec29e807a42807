"""What a network is, before it is used: size, classes, preparation, and how it does on photos."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.look.parts import ElidedLabel, label, set_role
from dgn_explorer.gui.look.plain import plain, set_tip
from dgn_explorer.gui.look.texts import TIMES
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, TIGHT
from dgn_explorer.gui.state.networks.network_cards import Checked, NetworkCard, NetworkCards

_EMPTY = (
    "Look at a network before it is opened: what it takes, what it can name, and how many of your "
    "own photographs it names right."
)
_FOLDERS = "a folder or zip with one folder a class"


class NetworkCardView(QFrame):
    """Looks when it is asked to; `flags_wanted` gives options that make it see better."""

    look_wanted = Signal()
    photos_wanted = Signal()
    flags_wanted = Signal(str)

    def __init__(self, cards: NetworkCards) -> None:
        super().__init__()
        self._cards = cards
        self._flags = ""
        self.setProperty("role", "over")
        self.title = ElidedLabel("title")
        self.empty = label(_EMPTY, "muted", wrap=True)
        self._facts = QWidget()
        self._grid = QGridLayout(self._facts)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(MEDIUM)
        self._grid.setVerticalSpacing(TIGHT)
        self._grid.setColumnStretch(1, 1)
        self.verdict = label("", "strong", wrap=True)
        self.better = label("", "", wrap=True)
        self.use = QPushButton("Open it that way")
        self.use.setAutoDefault(False)
        self.use.setAccessibleName("Use the preparation that does better")
        self.use.clicked.connect(lambda: self.flags_wanted.emit(self._flags))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of looking at the network")
        self.doing = label("", "muted")
        self.look = self._button("Look at it", self.look_wanted)
        self.check = self._button("Check on photographs…", self.photos_wanted)
        set_tip(self.check, f"Give {_FOLDERS}")
        self.stop = QPushButton("Stop")
        self.stop.setAutoDefault(False)
        self.stop.setAccessibleName("Stop looking at the network")
        self.stop.clicked.connect(cards.stop)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        for button in (self.look, self.check, self.stop):
            row.addWidget(button)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.setSpacing(SMALL)
        column.addWidget(self.title)
        column.addWidget(self.empty)
        column.addWidget(self._facts)
        column.addSpacing(SMALL)
        column.addWidget(self.verdict)
        column.addWidget(self.better)
        column.addWidget(self.use, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch()
        column.addWidget(self.doing)
        column.addWidget(self.bar)
        column.addLayout(row)
        cards.seen.connect(self.show_card)
        cards.progressed.connect(self._progress)
        cards.ended.connect(self._rest)
        self.forget()

    def forget(self) -> None:
        """Show none."""
        self.title.setText("")
        self._show_facts([])
        self._show_checked(None)
        self.empty.show()
        self._rest()

    def start(self, what: str) -> None:
        """Say that it is being looked at."""
        self.forget()
        self.doing.setText(what)
        self.bar.setRange(0, 0)
        for part in (self.bar, self.doing, self.stop):
            part.show()
        self.look.setEnabled(False)
        self.check.setEnabled(False)

    def show_card(self, card: NetworkCard) -> None:
        """Show what the engine has found."""
        info = card.info
        self.empty.hide()
        self.title.setText(plain(info.title, 100))
        output = info.layer(info.output_layer)
        classes = f"{output.channels:,}"
        named = ", with names" if info.labels else ", without names"
        size = info.input_size
        self._show_facts(
            [
                ("Pictures", f"{size} {TIMES} {size} pixels"),
                ("Prepared as", card.preprocessing),
                ("Classes", f"{classes}{named}"),
                ("Layers", f"{len(info.layers):,}, the scores come from {info.output_layer}"),
                ("Weights", f"{card.weights / 1e6:,.1f} million"),
                *(("Note", notice) for notice in info.notices),
            ]
        )
        self._show_checked(card.checked)
        self._rest()

    def _show_checked(self, checked: Checked | None) -> None:
        self.verdict.setVisible(checked is not None)
        better = checked is not None and bool(checked.better)
        self.better.setVisible(better)
        self._flags = checked.flags if checked is not None else ""
        self.use.setVisible(bool(self._flags))
        if checked is None:
            return
        count = f"{checked.photos:,} photographs"
        self.verdict.setText(f"Names {checked.top1:.0%} of your {count} right.")
        set_role(self.verdict, "role", "strong" if not better else "bad")
        self.better.setText(
            f"Prepared another way ({checked.better}) it names {checked.better_top1:.0%} right."
        )

    def _show_facts(self, facts: list[tuple[str, str]]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row, (name, value) in enumerate(facts):
            self._grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label(value, "", wrap=True), row, 1)
        self._facts.setVisible(bool(facts))

    def _progress(self, done: int, total: int) -> None:
        if total > 1:
            self.bar.setRange(0, total)
            self.bar.setValue(done)
            self.doing.setText(f"{done:,} of {total:,} photographs, other preparations counted")

    def _rest(self) -> None:
        for part in (self.bar, self.doing, self.stop):
            part.hide()
        self.look.setEnabled(True)
        self.check.setEnabled(True)

    def _button(self, text: str, wanted: object) -> QPushButton:
        made = QPushButton(text)
        made.setAutoDefault(False)
        made.setAccessibleName(text)
        made.clicked.connect(wanted)
        return made
