"""The main window: loops over the features, and the two-stage close."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow

from dgn_explorer.gui.bridge.engine_bridge import Permission
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.bridge.preferences import LAYOUT_VERSION, Preferences
from dgn_explorer.gui.desk.desk import Desk, lay_desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.menus import fill_menus
from dgn_explorer.gui.desk.rail import make_rail
from dgn_explorer.gui.desk.status_bar import StatusBar
from dgn_explorer.gui.features.table import FEATURES, FeatureMaker
from dgn_explorer.gui.frame.close_dialog import CloseDialog
from dgn_explorer.gui.frame.frame import WindowFrame
from dgn_explorer.gui.frame.permission_dialog import PermissionDialog
from dgn_explorer.gui.look.icons import program_icon
from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.gui.state.job_notices import JobNotices
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.networks.info import NetworkInfo

_SIZE = QSize(1400, 900)
_FRAME = QSize(16, 64)  # more than the title bars of common desktops
_ASK = "ask_before_closing"
_PAGE = "page"


def first_size(available: QSize) -> QSize:
    """The size of the first window on a screen with this much room, its frame included.

    Qt counts neither the title bar nor the borders that the desktop adds.

    >>> first_size(QSize(1440, 900)).toTuple(), first_size(QSize(2560, 1440)).toTuple()
    ((1400, 836), (1400, 900))
    """
    return _SIZE.boundedTo(available - _FRAME)


class MainWindow(QMainWindow):
    """A `Desk` with the features on it; what they do is theirs and the session's.

    Closing only hides the window and emits `closed`: whoever made it then ends the engine.
    """

    closed = Signal()

    def __init__(
        self,
        session: Session,
        flows: Flows,
        theme: Theme,
        preferences: Preferences,
        features: Sequence[FeatureMaker] = FEATURES,
    ) -> None:
        super().__init__()
        self._session, self._preferences = session, preferences
        self._closing = False
        self.setWindowTitle("DGN Explorer")
        self.setWindowIcon(program_icon())
        self.setAcceptDrops(True)
        self.resize(first_size(self.screen().availableSize()))
        self.desk = lay_desk(self, session, flows, theme, preferences)
        self._frame = WindowFrame(self.desk)
        self.features = (self._frame.feature, *(make(self.desk) for make in features))
        self._furnish(self.desk, self.features)
        JobNotices(session, self)
        self.setStatusBar(StatusBar(session))
        session.opened.connect(self._opened)
        session.problem.connect(self.show_problem)
        self._restore()

    def show_problem(self, message: str, hint: str, details: str = "") -> None:
        """Open the error dialog, without waiting for it."""
        self.desk.show_problem(message, hint, details)

    def ask_permission(self, permission: Permission) -> None:
        """Ask whether code of the user's own may run, without waiting for the answer."""
        PermissionDialog(permission, self).open()

    def come_forward(self) -> None:
        """Show the window in front of others, as another start of the program asks."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def close_at_once(self) -> None:
        """Close without asking, as for a signal from the system."""
        self._close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask if something runs, then close."""
        event.ignore()  # the window goes when the engine has ended, not before
        queued = sum(1 for job in self._session.jobs if job.batch)
        runs = self._session.runs
        busy = runs.live is not None or runs.long_jobs or queued
        if self._closing or not busy or not self._preferences.get(_ASK, True):
            self._close()
            return
        dialog = CloseDialog(queued, self)
        dialog.accepted.connect(lambda: self._confirmed(dialog.never_again.isChecked()))
        dialog.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and pictures, but not the window's own ones on their way out."""
        data = event.mimeData()
        files = any(url.isLocalFile() for url in data.urls())
        if event.source() is None and (files or data.hasImage()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Give each dropped file to the feature that takes it; a network is what is left."""
        data = event.mimeData()
        paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
        if not paths:
            any(feature.takes(data) for feature in self.features)
            return
        left = [path for path in paths if not self._take(path)]
        if left:
            self._frame.choose_network(left[0])

    def _take(self, path: str) -> bool:
        """Whether a feature takes a dropped file or folder."""
        suffix = "/" if Path(path).is_dir() else Path(path).suffix.lower()
        for feature in self.features:
            for drop in feature.drops:
                if suffix in drop.suffixes:
                    drop.take(path)
                    return True
        return False

    def _furnish(self, desk: Desk, features: Sequence[Feature]) -> None:
        for feature in features:
            desk.table.add(feature.actions, feature.follows)
            for panel in feature.panels:
                desk.panels.add(panel)
            for view in feature.views:
                desk.book.add(view)
            for section in feature.sections:
                desk.inspector.add(section)
            for guide in feature.guides:
                desk.navigator.add(guide)
            for answer in feature.answers:
                desk.answers.add(answer)
            for item in feature.top:
                desk.top.add(item)
        for feature in features:  # last, since what a page is about takes all of them to say
            for topic in feature.topics:
                desk.book.tell(topic)
        desk.panels.reset()
        desk.table.complete()
        fill_menus(self, desk.table, desk.panels.toggles())
        desk.title.complete()
        make_rail(self, desk.table)

    def _opened(self, network: NetworkInfo) -> None:
        looks = " · read-only" if self._session.read_only else ""
        self.setWindowTitle(f"{plain(network.title, 100)} · DGN Explorer{looks}")

    def _confirmed(self, never_again: bool) -> None:
        if never_again:
            self._preferences.put(_ASK, False)
        self._close()

    def _close(self) -> None:
        if self._closing:
            return
        self._closing = True
        if not self._session.read_only:
            self._save()
        self.desk.notes.save()
        for feature in self.features:
            feature.close()
        self.desk.drag_out.clean()
        self._session.stop_everything()
        self.hide()
        self.closed.emit()

    def _save(self) -> None:
        self._preferences.put_bytes("geometry", self.saveGeometry())
        self._preferences.put_bytes("layout", self.saveState(LAYOUT_VERSION))
        self._preferences.put(_PAGE, self.desk.book.page.value)
        self.desk.inspector.remember()
        for feature in self.features:
            feature.remember()
        self._preferences.save()

    def _restore(self) -> None:
        geometry = self._preferences.bytes_of("geometry")
        layout = self._preferences.bytes_of("layout")
        if geometry is not None:
            self.restoreGeometry(geometry)
        if layout is not None:
            self.restoreState(layout, LAYOUT_VERSION)
        page = self._preferences.get(_PAGE, PageName.UNIT.value)
        if page in {one.value for one in PageName}:  # a settings file may be edited by hand
            self.desk.book.show_page(PageName(page))
        stops = [widget for feature in self.features for widget in feature.tab_stops]
        for widget, following in pairwise(stops):
            self.setTabOrder(widget, following)
        if stops:
            stops[0].setFocus(Qt.FocusReason.OtherFocusReason)
