"""The main window: panels around a stage, and the two-stage close."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow

from dgn_explorer.engine.messages import Lane
from dgn_explorer.gui.actions import ActionTable
from dgn_explorer.gui.browser import DEFAULT_EDGE, EDGES, Browser
from dgn_explorer.gui.close_dialog import CloseDialog
from dgn_explorer.gui.commands import Commands
from dgn_explorer.gui.controls import Controls
from dgn_explorer.gui.details import Details
from dgn_explorer.gui.error_dialog import ErrorDialog
from dgn_explorer.gui.exporting import recall_picture
from dgn_explorer.gui.icons import program_icon
from dgn_explorer.gui.loop import Flows
from dgn_explorer.gui.menus import fill_menus, make_toolbar
from dgn_explorer.gui.notices import Notices
from dgn_explorer.gui.open_dialog import OpenDialog, remember
from dgn_explorer.gui.panels import Panels
from dgn_explorer.gui.preferences import LAYOUT_VERSION, Preferences
from dgn_explorer.gui.queue_panel import QueuePanel
from dgn_explorer.gui.results_strip import ResultsStrip
from dgn_explorer.gui.session import Session
from dgn_explorer.gui.stage import Stage
from dgn_explorer.gui.status_line import StatusLine
from dgn_explorer.gui.theme import Theme
from dgn_explorer.networks.info import NetworkInfo

_SIZE = QSize(1400, 900)
_ASK = "ask_before_closing"


class MainWindow(QMainWindow):
    """Puts the panels together; what they do is in `Session` and `Commands`.

    Closing only hides the window and emits `closed`: whoever made it then ends the engine.
    """

    closed = Signal()

    def __init__(
        self, session: Session, flows: Flows, theme: Theme, preferences: Preferences
    ) -> None:
        super().__init__()
        self._session, self._flows, self._theme = session, flows, theme
        self._preferences = preferences
        self._closing = False
        self.setWindowTitle("DGN Explorer")
        self.setWindowIcon(program_icon())
        self.setAcceptDrops(True)
        self.resize(_SIZE.boundedTo(self.screen().availableSize()))
        self.table = ActionTable(self, theme)
        self.stage = Stage(session, theme, self.table)
        self.browser = Browser(session, theme)
        self.controls = Controls(session, self.table)
        self.details = Details(session, theme, self.table)
        self.results = ResultsStrip(session, theme)
        self.queue = QueuePanel(session, theme, self.table)
        self.setCentralWidget(self.stage)
        self.panels = Panels(
            self, self.browser, self.controls, self.details, self.results, self.queue
        )
        self.notices = Notices(theme, self.stage.pages)
        self.commands = Commands(
            self,
            self.table,
            session,
            flows,
            theme,
            self.stage,
            self.browser,
            self.panels,
            self.choose_network,
        )
        fill_menus(self, self.table, self.panels.toggles())
        make_toolbar(self, self.table)
        self.setStatusBar(StatusLine(session))
        session.opened.connect(self._opened)
        session.notice.connect(self.notices.show_notice)
        session.problem.connect(self.show_problem)
        self._restore()

    def show_problem(self, message: str, hint: str, details: str = "") -> None:
        """Open the error dialog, without waiting for it."""
        ErrorDialog(message, hint, details, self._theme, self).open()

    def choose_network(self, network: str = "") -> None:
        """Ask which network and prior to open; ``network`` fills in what was dropped."""
        asked, prior = self._session.asked
        dialog = OpenDialog(network or asked, prior, self._preferences, self._theme, self)
        dialog.chosen.connect(self._session.reopen)
        dialog.open()

    def close_at_once(self) -> None:
        """Close without asking, as for a signal from the system."""
        self._close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask if something runs, then close."""
        event.ignore()  # the window goes when the engine has ended, not before
        jobs = self._session.jobs
        queued = sum(1 for job in jobs if job.lane is Lane.BATCH)
        busy = self._session.live is not None or queued
        if self._closing or not busy or not self._preferences.get(_ASK, True):
            self._close()
            return
        dialog = CloseDialog(queued, self)
        dialog.accepted.connect(lambda: self._confirmed(dialog.never_again.isChecked()))
        dialog.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Read the recipe of a dropped picture."""
        for url in event.mimeData().urls():
            path = url.toLocalFile()
            if path.lower().endswith(".png"):
                self._flows.start(recall_picture(path, self._flows, self._session))
            elif path:
                self.choose_network(path)
            return

    def _opened(self, network: NetworkInfo) -> None:
        self.setWindowTitle(f"{network.title} · DGN Explorer")
        remember(self._preferences, *self._session.asked)

    def _confirmed(self, never_again: bool) -> None:
        if never_again:
            self._preferences.put(_ASK, False)
        self._close()

    def _close(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._save()
        self._session.stop_everything()
        self.hide()
        self.closed.emit()

    def _save(self) -> None:
        keep = self._preferences
        keep.put_bytes("geometry", self.saveGeometry())
        keep.put_bytes("layout", self.saveState(LAYOUT_VERSION))
        keep.put("theme", self._theme.choice)
        keep.put("thumbnail_px", self.browser.grid.edge)
        keep.put("pixels", self.table["pixels"].isChecked())
        keep.save()

    def _restore(self) -> None:
        keep = self._preferences
        geometry, layout = keep.bytes_of("geometry"), keep.bytes_of("layout")
        if geometry is not None:
            self.restoreGeometry(geometry)
        if layout is not None:
            self.restoreState(layout, LAYOUT_VERSION)
        edge = keep.get("thumbnail_px", DEFAULT_EDGE)
        self.browser.grid.set_edge(edge if edge in EDGES else DEFAULT_EDGE)
        if keep.get("pixels", False):
            self.table["pixels"].trigger()
        self.setTabOrder(self.browser.search.field, self.browser.tree)
        self.setTabOrder(self.browser.tree, self.browser.grid)
        self.setTabOrder(self.browser.grid, self.stage.canvas)
        self.browser.search.field.setFocus(Qt.FocusReason.OtherFocusReason)
