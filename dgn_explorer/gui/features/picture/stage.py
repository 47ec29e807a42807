"""The middle of the window: what is on show, how it came about, and how it goes on."""

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.picture.run_bar import RunBar
from dgn_explorer.gui.features.picture.welcome import Welcome
from dgn_explorer.gui.look.activation_curve import ActivationCurve
from dgn_explorer.gui.look.canvas import Canvas
from dgn_explorer.gui.look.parts import ElidedLabel, flat_button, label, panel
from dgn_explorer.gui.look.plain import network_text
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, TIGHT
from dgn_explorer.gui.state.display import Display, Forming, Showing


class Stage(QWidget):
    """Header, picture, run bar and activation curve, following a session."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        session, theme, table = desk.session, desk.theme, desk.table
        self._session = session
        self.canvas = Canvas(theme)
        self.curve = ActivationCurve(theme)
        self.run_bar = RunBar()
        self.welcome = Welcome()
        self._table = table
        self.welcome.example.connect(self._run_example)
        self.run_bar.stop.connect(session.runs.stop)
        self.run_bar.watch.connect(session.watch)
        self.run_bar.more.connect(session.more_steps)
        for id in ("stop", "more_steps"):
            table[id].changed.connect(self._tint)
        self._title = ElidedLabel("title")
        self._subtitle = ElidedLabel("muted")
        self._badge = label("", "badge")
        self.pages = QStackedWidget()
        self.pages.setMinimumSize(240, 180)
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.canvas)
        self._header = self._make_header(table)
        self._footer = self._make_footer()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addWidget(self.pages, 1)
        column.addWidget(self._footer)
        session.display_changed.connect(self._show)
        session.runs.live_changed.connect(self._show_live)
        session.runs.progressed.connect(self._show_live)
        session.opened.connect(self._show)
        session.frame.connect(self._show_frame)
        self._show()

    @property
    def footer_height(self) -> int:
        """How high the bar with the curve is now."""
        return self._footer.height() if self._footer.isVisibleTo(self) else 0

    def _make_header(self, table: ActionTable) -> QWidget:
        header, column = panel(margin=0, spacing=2)
        column.setContentsMargins(LARGE, SMALL, MEDIUM, SMALL)
        top = QHBoxLayout()
        top.setSpacing(MEDIUM)
        top.addWidget(self._title)
        top.addWidget(self._badge)
        top.addWidget(self._subtitle, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(TIGHT)
        for id in ("zoom_fit", "zoom_actual", "pixels"):
            buttons.addWidget(flat_button(table[id]))
        top.addLayout(buttons)
        column.addLayout(top)
        return header

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
        shows_picture = display.showing in (Showing.LIVE, Showing.RESULT)
        for part in (self._header, self._footer):
            part.setVisible(shows_picture)
        self.pages.setCurrentWidget(self.canvas if shows_picture else self.welcome)
        if display.showing is Showing.LOADING:
            self.welcome.show_loading()
        elif display.showing is Showing.FAILED:
            self.welcome.show_problem(display.message, display.hint)
        elif display.showing is Showing.NOTHING:
            network = self._session.network
            self.welcome.show_welcome(network.labels if network else ())
        else:
            self._show_picture(display)
        self._show_live()

    def _show_picture(self, display: Display) -> None:
        recipe = display.recipe
        if recipe is None:
            return
        address = recipe.target.text()
        self._title.setText(display.label or address)
        parts = [address] if display.label else []
        parts += [network_text(recipe.network), f"seed {recipe.seed}"]
        self._subtitle.setText("  ·  ".join(parts))
        self._badge.setText(display.badge)
        if display.result is not None:
            self.canvas.show_image(display.result.picture)
            steps = display.result.steps
            if display.result.state == "stopped":
                steps = getattr(recipe.parameters, "steps", steps)
            result = display.result
            reached = [result.activation_of(number) for number in range(result.count)]
            self.curve.show_trace(result.trace, steps, [v for v in reached if np.isfinite(v)])
        else:
            self.canvas.show_image(None)
            self.curve.show_trace(np.zeros(0, np.float32), 0)
        self.canvas.setAccessibleDescription(f"{self._title.text()}, {display.badge}")

    def _show_frame(self, frame: Forming) -> None:
        self.canvas.show_image(frame.image, moving=True)
        self.curve.show_trace(frame.trace, frame.steps)

    def _show_live(self) -> None:
        job = self._session.jobs.get(self._session.runs.live)
        display = self._session.display
        if job is not None:
            self.run_bar.show_job(job, job.number == display.job)
        else:
            self.run_bar.show_result(display.result)
