"""The canvas of a unit and of a mix: what is on show, how it came about, and how it goes on."""

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.desk.answers import AnswerStack, LiveAnswers
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.picture.empty import Empty
from dgn_explorer.gui.features.picture.example_bar import ExampleBar
from dgn_explorer.gui.features.picture.pinned import Pinned
from dgn_explorer.gui.features.picture.run_bar import RunBar
from dgn_explorer.gui.features.picture.welcome import EXAMPLES, Welcome
from dgn_explorer.gui.look.activation_curve import ActivationCurve
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import flat_button, label, panel
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.texts import TIMES
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL
from dgn_explorer.gui.look.tone import Tone
from dgn_explorer.gui.state.answering.lineage import Lineage
from dgn_explorer.gui.state.display import Display, Forming, Showing
from dgn_explorer.gui.state.topics import PageName, page_of
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import Record

_IMAGES = "images"
_TOOLS_PX = 240  # a lower canvas has no room for tools over the picture
_P = "p"  # the part that says how probable the target was in every step
_MARKS = "sample_steps"  # the part that says after how many steps each image was there
_PAGES = (PageName.UNIT, PageName.MIX)


class Stage(QWidget):
    """Picture, run bar and activation curve, following a session.

    An answer that is no picture is shown by the table of answers. What belongs to another page than
    the one on show leaves the canvas empty, with the question that can be asked.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session, theme, table = desk.session, desk.theme, desk.table
        self._session, self._book = session, desk.book
        self._lineage = Lineage(session, desk.flows, desk.window)
        self._lineage.changed.connect(self._show_lineage)
        self.canvas = Canvas(theme)
        self.curve = ActivationCurve(theme)
        self.run_bar = RunBar()
        self.example_bar = ExampleBar(desk)
        self.welcome, self.empty = Welcome(), Empty(desk)
        self._answers = desk.answers
        self.answers = AnswerStack(desk.answers)
        self._table = table
        self.welcome.example.connect(self._run_example)
        self.run_bar.stop.connect(session.stop)
        self.run_bar.hold.connect(session.runs.hold)
        self.run_bar.watch.connect(session.watch)
        self.run_bar.more.connect(session.more_steps)
        for id in ("stop", "more_steps"):
            table[id].changed.connect(self._tint)
        self.pages = QStackedWidget()
        self.pages.setMinimumSize(240, 110)
        for page in (self.welcome, self.empty, self.canvas, self.answers):
            self.pages.addWidget(page)
        self.pinned = Pinned(desk, self.canvas)
        self._size = label("", "caption")
        self._tone = label("", "caption")
        self._tools = self._make_tools(table)
        self.canvas.installEventFilter(self)
        self._footer = self._make_footer()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.pinned, 1)
        middle.addWidget(self.pages, 1)
        column.addLayout(middle, 1)
        self.live = LiveAnswers(desk.answers)
        column.addWidget(self.live)
        column.addWidget(self.example_bar)
        column.addWidget(self._footer)
        desk.context_menu(self.canvas)
        session.display_changed.connect(self._show)
        session.runs.live_changed.connect(self._show_live)
        session.runs.progressed.connect(self._show_live)
        session.study.changed.connect(self._show_live)
        session.opened.connect(self._show)
        session.selected.connect(self._show)
        session.frame.connect(self._show_frame)
        session.examples.changed.connect(self._example_ready)
        session.examples.thumbnail_ready.connect(self._example_ready)
        desk.book.page_changed.connect(self._show)
        self.set_tone(Tone())
        self._show()

    @property
    def footer_height(self) -> int:
        """How high the bar with the curve is now."""
        return self._footer.height() if self._footer.isVisibleTo(self) else 0

    @property
    def mine(self) -> bool:
        """Whether what is on show belongs to the page on show."""
        order, page = self._session.display.order, self._book.page
        return order is not None and page in _PAGES and page_of(order) is page

    def set_tone(self, tone: Tone) -> None:
        """Look at the picture, and the pinned one, with another contrast."""
        for canvas in (self.canvas, self.pinned.canvas):
            canvas.set_tone(tone)
        self._tone.setText(f"{tone.text}   " if tone.text else "")
        self._tone.setVisible(not tone.plain)
        self._place_tools()

    def _make_tools(self, table: ActionTable) -> QWidget:
        """How large the image is, and how it is looked at: over a corner of the canvas."""
        tools = QFrame(self.canvas)
        tools.setProperty("role", "over")
        row = QHBoxLayout(tools)
        row.setContentsMargins(SMALL, 2, 2, 2)
        row.setSpacing(2)
        row.addWidget(self._tone)
        row.addWidget(self._size)
        for id in ("zoom_fit", "zoom_actual", "pixels", "contrast_more"):
            row.addWidget(flat_button(table[id]))
        return tools

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the tools in their corner."""
        if watched is self.canvas and event.type() == QEvent.Type.Resize:
            self._place_tools()
        return super().eventFilter(watched, event)

    def _place_tools(self) -> None:
        self._tools.setVisible(self.canvas.height() >= _TOOLS_PX)  # the menu has them too
        self._tools.adjustSize()
        self._tools.move(self.canvas.width() - self._tools.width() - SMALL, SMALL)

    def _make_footer(self) -> QWidget:
        footer, column = panel(margin=0)
        column.setContentsMargins(LARGE, SMALL, SMALL, SMALL)
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(self.run_bar)
        row.addWidget(self.curve, 1)
        column.addLayout(row)
        return footer

    def _tint(self) -> None:
        self.run_bar.use_icons(self._table["stop"], self._table["more_steps"])

    def _run_example(self, name: str) -> None:
        self._session.visualise(self._session.resolve(name))

    def _show(self) -> None:
        display = self._session.display
        self.example_bar.show_example(display.example if self.mine else None)
        if display.showing is Showing.LOADING:
            self.welcome.show_loading()
            self._turn(self.welcome)
        elif display.showing is Showing.FAILED and (display.order is None or self.mine):
            self.welcome.show_problem(display.message, display.hint)
            self._turn(self.welcome)
        elif display.example is not None and self.mine:
            self._show_picture(display.example, "compressed")
            self.canvas.setAccessibleDescription(f"{display.label}, {display.badge}")
        elif display.order is not None and self.mine:
            self._show_answer(display)
        elif self._book.page is PageName.UNIT and self._session.unit is None:
            self._show_welcome()
            self._turn(self.welcome)
        else:
            self.empty.show_question()
            self._turn(self.empty)
        self._show_live()

    def _show_welcome(self) -> None:
        network, ratio = self._session.network, self.devicePixelRatioF()
        labels = network.labels if network is not None else ()
        pictures: dict[str, QPixmap] = {}
        for name in EXAMPLES:
            if network is None or name not in labels:
                continue
            unit = UnitAddress(network.output_layer, labels.index(name))
            if unit in self._session.examples:
                pixmap = self._session.examples.thumbnail(unit, ratio)
                pictures |= {name: pixmap} if pixmap is not None else {}
        self.welcome.show_welcome(labels, pictures)

    def _example_ready(self, _unit: UnitAddress | None = None) -> None:
        if self.pages.currentWidget() is self.welcome:
            self._show()

    def _turn(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)
        if page is not self.canvas:
            self.canvas.show_image(None)
            self.curve.show_trace(np.zeros(0, np.float32), 0)

    def _show_answer(self, display: Display) -> None:
        record = display.result
        row = self._answers.of(record) if record is not None else None
        if record is not None and (record.kind.name != _IMAGES or (row and row.about)):
            self.answers.show_record(record)
            self._turn(self.answers)
            self._trace(display, record)
            return
        if record is None:
            self._turn(self.canvas)
            self.canvas.show_image(None)
            self.curve.show_trace(np.zeros(0, np.float32), 0)
        else:
            self._show_picture(record)
            self._trace(display, record)
        self.canvas.setAccessibleDescription(f"{display.label}, {display.badge}")

    def _show_picture(self, record: Record, how: str = "") -> None:
        self._turn(self.canvas)
        self.canvas.show_image(record.picture)
        height, width = record.image.shape[:2]
        several = f"{record.count} images of " if record.count > 1 else ""
        after = f", {how}" if how else ""
        self._size.setText(f"{several}{width} {TIMES} {height} pixels{after}")
        self._place_tools()

    def _trace(self, display: Display, record: Record) -> None:
        """The curve below, with the steps that gave an image where there are several."""
        steps = record.steps
        if record.state == "stopped" and display.recipe is not None:
            steps = getattr(display.recipe.parameters, "steps", steps)
        reached = [v for n in range(record.count) if np.isfinite(v := record.activation_of(n))]
        marks = record.array(_MARKS).tolist() if _MARKS in record.parts else ()
        before = self._lineage.before
        trace = np.concatenate([before, record.trace])
        marks = [len(before) + mark for mark in marks]
        p = record.array(_P) if _P in record.parts and not len(before) else None
        self.curve.show_trace(trace, len(before) + steps, reached, marks, p)
        self._explain_curve(display)

    def _explain_curve(self, display: Display) -> None:
        """Say why the curve may jump, where coarse steps end."""
        parameters = display.recipe.parameters if display.recipe is not None else None
        steps = round(getattr(parameters, "coarse", 0.0) * getattr(parameters, "steps", 0))
        why = (
            f"In the first {steps} steps the network may see fewer pixels: where they end the curve"
            " can jump. The number at its end is that of the whole image."
        )
        set_tip(self.curve, why if steps else "")

    def _show_lineage(self) -> None:
        """Draw the curve again, with what the run on show went on from."""
        self._show()
        frame = self._session.runs.frame_of(self._session.display.job or 0)
        if frame is not None:
            self._show_frame(frame)

    def _show_frame(self, frame: Forming) -> None:
        if not self.mine:
            return
        self.canvas.show_image(frame.image, moving=True)
        before = self._lineage.before
        marks = [] if frame.so_far is None else (len(before) + frame.so_far.steps).tolist()
        trace = np.concatenate([before, frame.trace])
        p = None if frame.so_far is None or len(before) else frame.so_far.p
        self.curve.show_trace(trace, len(before) + frame.steps, (), marks, p)
        self._explain_curve(self._session.display)
        self.live.show_frame(frame, self._session.display.recipe)
        height, width = frame.image.shape[:2]
        self._size.setText(f"{width} {TIMES} {height} pixels")
        self._place_tools()

    def _show_live(self) -> None:
        session, display = self._session, self._session.display
        job = session.long_on_show or session.runs.live_job
        shown = self.mine and display.showing in (Showing.LIVE, Showing.RESULT)
        study = session.study.survey
        self._footer.setVisible(shown or job is not None or study is not None)
        self.live.setVisible(shown and display.showing is Showing.LIVE and self.live.begun)
        if study is not None and display.order == study:
            self.run_bar.show_study(study, session.study.progress)
        elif job is not None:
            on_show = self.mine and job.number == display.job
            self.run_bar.show_job(job, on_show, len(self._lineage.before) if on_show else 0)
        else:
            before = len(self._lineage.before)
            self.run_bar.show_result(display.result if self.mine else None, before)
