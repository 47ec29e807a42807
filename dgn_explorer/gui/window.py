"""The main window: panels around a stage, and the two-stage close."""

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow

from dgn_explorer.engine.messages import Lane
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.bridge.engine_bridge import Permission
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.bridge.preferences import LAYOUT_VERSION, Preferences
from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.desk.centre import Centre
from dgn_explorer.gui.desk.command_group import CommandGroup
from dgn_explorer.gui.desk.drag_out import DragOut
from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.desk.menus import fill_menus, make_toolbar
from dgn_explorer.gui.desk.notices import Notices
from dgn_explorer.gui.desk.panels import Panels
from dgn_explorer.gui.desk.status_bar import StatusLine
from dgn_explorer.gui.features.combine.combination import Combination
from dgn_explorer.gui.features.combine.combine_commands import CombineCommands
from dgn_explorer.gui.features.combine.combine_panel import CombinePanel
from dgn_explorer.gui.features.picture.commands import Commands
from dgn_explorer.gui.features.picture.details import Details
from dgn_explorer.gui.features.picture.exporting import recall_picture
from dgn_explorer.gui.features.picture.stage import Stage
from dgn_explorer.gui.features.queue.queue_panel import QueuePanel
from dgn_explorer.gui.features.results.compare import Compare
from dgn_explorer.gui.features.results.gallery import Gallery
from dgn_explorer.gui.features.results.gallery_commands import GalleryCommands
from dgn_explorer.gui.features.results.results_strip import ResultsStrip
from dgn_explorer.gui.features.results.selection import Selection
from dgn_explorer.gui.features.results.sheet_page import SheetPage
from dgn_explorer.gui.features.settings.controls import Controls
from dgn_explorer.gui.features.settings.parameter_commands import ParameterCommands
from dgn_explorer.gui.features.training.training_commands import TrainingCommands
from dgn_explorer.gui.features.training.training_panel import TrainingPanel
from dgn_explorer.gui.features.training.training_run import Training
from dgn_explorer.gui.features.units.browser import DEFAULT_EDGE, EDGES, Browser
from dgn_explorer.gui.features.units.note_commands import NoteCommands
from dgn_explorer.gui.frame.close_dialog import CloseDialog
from dgn_explorer.gui.frame.open_dialog import OpenDialog, remember
from dgn_explorer.gui.frame.permission_dialog import PermissionDialog
from dgn_explorer.gui.look.icons import program_icon
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.gui.state.job_notices import JobNotices
from dgn_explorer.gui.state.live_parameters import LiveParameters
from dgn_explorer.gui.state.notes import Notes
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.state.unfinished import Unfinished
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.photos.files import SUFFIXES
from dgn_explorer.results.filters import ORDERS

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
        self.notes = Notes(session, flows, self)
        self.unfinished = Unfinished(session, flows, self)
        self.combination = Combination(session, self)
        self.live_parameters = LiveParameters(session, self)
        self.training = Training(flows, self)
        self.stage = Stage(session, theme, self.table)
        self.gallery = Gallery(session, self.notes, theme, self.table)
        self.compare = Compare(theme, self.table)
        self.variations = SheetPage(session, theme, self.table)
        self.browser = Browser(session, self.notes, theme)
        self.controls = Controls(session, self.notes, self.table)
        self.combine = CombinePanel(session, self.combination, self.notes, theme, self.table)
        self.details = Details(session, theme, self.table)
        self.results = ResultsStrip(session, self.notes, theme)
        self.queue = QueuePanel(session, theme, self.table)
        self.centre = Centre(
            session,
            {
                "picture": self.stage,
                "gallery": self.gallery,
                "compare": self.compare,
                "variations": self.variations,
                "training": TrainingPanel(self.training, self.table),
            },
        )
        self.setCentralWidget(self.centre)
        self.panels = Panels(
            self,
            self.browser,
            self.controls,
            self.details,
            self.combine,
            self.results,
            self.queue,
        )
        self.selection = Selection(self.centre, self.gallery, self.results)
        self.drag_out = DragOut(session, flows, self)
        self.stage.canvas.drag_wanted.connect(lambda: self.drag_out.drag_shown(self.stage.canvas))
        for page in (self.gallery, self.results):
            page.view.drag_wanted.connect(
                lambda page=page: self.drag_out.drag_stored(page.view, page.selected())
            )
        self.notices = Notices(theme, self.centre, self._notice_clearance)
        session.display_changed.connect(self.notices.place_later)
        self.centre.page_changed.connect(self.notices.place_later)
        JobNotices(session, self)
        self.commands = Commands(
            self,
            self.table,
            session,
            flows,
            theme,
            self.stage,
            self.browser,
            self._resize_thumbnails,
            self.panels,
            self.choose_network,
            self._make_groups(flows),
        )
        fill_menus(self, self.table, self.panels.toggles())
        make_toolbar(self, self.table)
        self.setStatusBar(StatusLine(session))
        session.opened.connect(self._opened)
        session.notice.connect(self.notices.show_notice)
        session.problem.connect(self.show_problem)
        self._restore()

    def _make_groups(self, flows: Flows) -> tuple[CommandGroup, ...]:
        session = self._session
        combine = CombineCommands(
            self,
            session,
            flows,
            self._theme,
            self.combination,
            self.notes,
            self.browser,
            self.selection,
            self.combine,
            self.panels,
        )
        gallery = GalleryCommands(
            self,
            session,
            flows,
            self.centre,
            self.gallery,
            self.compare,
            self.variations,
            self.selection,
        )
        self.note_commands = NoteCommands(
            self, session, flows, self.notes, self.browser, self.panels, self.unfinished
        )
        training = TrainingCommands(self, session, self.training, self.centre)
        parameters = ParameterCommands(self.live_parameters, session.step_size, self)
        return combine, gallery, self.note_commands, training, parameters

    def _notice_clearance(self) -> int:
        return self.stage.footer_height if self.centre.page == "picture" else 0

    def _resize_thumbnails(self, step: int) -> None:
        if self.centre.page == "gallery":
            self.gallery.resize_thumbnails(step)
        else:
            self.browser.resize_thumbnails(step)

    def show_problem(self, message: str, hint: str, details: str = "") -> None:
        """Open the error dialog, without waiting for it."""
        ErrorDialog(message, hint, details, self._theme, self).open()

    def ask_permission(self, permission: Permission) -> None:
        """Ask whether code of the user's own may run, without waiting for the answer."""
        PermissionDialog(permission, self).open()

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
        busy = self._session.runs.live is not None or queued
        if self._closing or not busy or not self._preferences.get(_ASK, True):
            self._close()
            return
        dialog = CloseDialog(queued, self)
        dialog.accepted.connect(lambda: self._confirmed(dialog.never_again.isChecked()))
        dialog.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files, but not the window's own pictures on their way out."""
        if event.source() is None and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Read the recipe of a dropped picture."""
        for url in event.mimeData().urls():
            path = url.toLocalFile()
            photo = self.note_commands.drop_photo
            if path.lower().endswith(".png"):
                self._flows.start(recall_picture(path, self._flows, self._session, photo))
            elif Path(path).suffix.lower() in SUFFIXES:
                photo(path)
            elif path:
                self.choose_network(path)
            return

    def _opened(self, network: NetworkInfo) -> None:
        self.setWindowTitle(f"{network.title} · DGN Explorer")
        remember(self._preferences, *self._session.asked)
        self._select_last(network)

    def _select_last(self, network: NetworkInfo) -> None:
        """Go to the unit of the last session, unless another one was asked for."""
        keep = self._preferences
        if self._session.unit is None and keep.get("unit_network", "") == network.fingerprint:
            with suppress(DgnError):  # a settings file may be edited by hand
                self._session.select(network.resolve(keep.get("unit", "")))

    def _confirmed(self, never_again: bool) -> None:
        if never_again:
            self._preferences.put(_ASK, False)
        self._close()

    def _close(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._save()
        self.notes.save()
        self.unfinished.save()
        self.drag_out.clean()
        self._session.stop_everything()
        self.hide()
        self.closed.emit()

    def _save(self) -> None:
        keep = self._preferences
        keep.put_bytes("geometry", self.saveGeometry())
        keep.put_bytes("layout", self.saveState(LAYOUT_VERSION))
        keep.put("theme", self._theme.choice)
        keep.put("thumbnail_px", self.browser.grid.edge)
        keep.put("unit_order", self.browser.units.order)
        keep.put("unit", str(self._session.unit or ""))
        keep.put("unit_network", self.notes.fingerprint)
        keep.put("pixels", self.table["pixels"].isChecked())
        keep.put("live_parameters", self.live_parameters.on)
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
        order = keep.get("unit_order", "index")
        self.browser.units.set_order(order if order in ORDERS else "index")
        for toggle in ("pixels", "live_parameters"):
            if keep.get(toggle, False):
                self.table[toggle].trigger()
        self.setTabOrder(self.browser.search.field, self.browser.tree)
        self.setTabOrder(self.browser.tree, self.browser.grid)
        self.setTabOrder(self.browser.grid, self.stage.canvas)
        self.browser.search.field.setFocus(Qt.FocusReason.OtherFocusReason)
