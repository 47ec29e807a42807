"""The stored results of the page's subject along the bottom, newest first."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.results.results_model import ResultModel, make_current, selected_keys
from dgn_explorer.gui.look.card_view import CardView
from dgn_explorer.gui.look.parts import label, panel
from dgn_explorer.gui.look.theme import MEDIUM, SMALL, TIGHT
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.results.filters import ResultFilter
from dgn_explorer.results.record import DONE

EDGE, _LEAST_EDGE = 80, 36
_SCROLLBAR_PX = 18
_EMPTY = {
    PageName.PHOTO: "Whatever is asked of this photo is kept here, and shown again at once.",
    PageName.LIBRARY: "Select a picture: what else was made of its units stands here.",
    PageName.PRIOR: "What this generator draws is kept here.",
}
_EMPTY_ELSE = "Every picture you make of this is kept here, and shown again at once."


class ResultsStrip(QWidget):
    """One click or Enter shows a result; Ctrl or Shift and a click select several."""

    selection_changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session, notes, theme = desk.session, desk.notes, desk.theme
        self._session, self._book = session, desk.book
        self.model = ResultModel(session.library, notes, self)
        self.view = CardView(theme, EDGE, strip=True)
        self.view.setAccessibleName("Results")
        self.view.setModel(self.model)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._rest = self.view.card_size.height() - EDGE + _SCROLLBAR_PX
        self.view.setMinimumHeight(_LEAST_EDGE + self._rest)
        self.view.clicked.connect(self._show)
        self.view.ratio_known.connect(self.model.draw_for)
        self.view.started.connect(self._show)
        self.view.drag_out()
        self.view.drag_wanted.connect(lambda: desk.drag_out.drag_stored(self.view, self.selected()))
        self.view.selectionModel().selectionChanged.connect(self.selection_changed)
        self.model.modelReset.connect(self.selection_changed)  # it clears without a word
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the results")
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(128)
        self.filter.textChanged.connect(self._filter)
        self.model.set_filter(ResultFilter(state=DONE))
        self.partial = QCheckBox("Stopped too")
        self.partial.setAccessibleName("List stopped results too")
        self.partial.clicked.connect(self._filter)
        self._count = label("", "section")
        self._empty = label("", "muted", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.view)
        self._side = QWidget()
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, TIGHT, 0, 0)
        side.setSpacing(SMALL)
        side.addWidget(self._count)
        side.addWidget(self.filter)
        side.addWidget(self.partial)
        side.addStretch()
        body, column = panel(margin=0)
        column.setContentsMargins(MEDIUM, SMALL, SMALL, TIGHT)
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(self._side)
        row.addWidget(self._pages, 1)
        column.addLayout(row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(body)
        self.model.modelReset.connect(self._counted)
        self.model.rowsInserted.connect(self._counted)
        session.display_changed.connect(self._follow)
        desk.book.topic_changed.connect(self._own)
        desk.book.page_changed.connect(self._own)
        desk.context_menu(self.view)
        self._own()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the pictures as large as there is room for in one line."""
        super().resizeEvent(event)
        room = self.height() - SMALL - TIGHT - 2 - self._rest
        edge = min(max(room, _LEAST_EDGE), EDGE)
        if edge != self.view.edge:
            self.view.set_edge(edge)

    def _filter(self) -> None:
        state = "" if self.partial.isChecked() else DONE
        self.model.set_filter(ResultFilter(self.filter.text(), state=state))

    def _show(self, index: QModelIndex) -> None:
        if len(self.selected()) < 2:
            self._session.show_result(self.model.key(index))

    def selected(self) -> list[str]:
        """The keys of the selected results."""
        return selected_keys(self.view, self.model)

    def _own(self) -> None:
        topic = self._book.topic
        self.model.show_owned(topic.owns)
        self._counted()

    def _counted(self) -> None:
        shown, all_ = self.model.rowCount(), self.model.owned_count
        word = "RESULT" if all_ == 1 else "RESULTS"
        self._count.setText(
            f"{shown:,} OF {all_:,} {word}" if shown != all_ else f"{all_:,} {word}"
        )
        self._side.setVisible(all_ > 0)
        self._empty.setText(
            "All of them were stopped, or lack this text."
            if all_
            else _EMPTY.get(self._book.page, _EMPTY_ELSE)
        )
        self._pages.setCurrentIndex(1 if shown else 0)
        self._follow()

    def _follow(self) -> None:
        result = self._session.display.result
        make_current(self.view, self.model, result.key if result is not None else "")
