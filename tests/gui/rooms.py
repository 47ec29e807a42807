"""The parts of the window, which knows its features only as records."""

from typing import TypeVar

from PySide6.QtCore import QObject

from dgn_explorer.gui.desk.book import Book
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.notices import Notices
from dgn_explorer.gui.desk.panels import Panels
from dgn_explorer.gui.features.combine.combine_panel import CombinePanel
from dgn_explorer.gui.features.photo.photo_page import PhotoPage
from dgn_explorer.gui.features.photo.tray import PhotoTray
from dgn_explorer.gui.features.picture.details import Details
from dgn_explorer.gui.features.picture.stage import Stage
from dgn_explorer.gui.features.queue.queue_panel import QueuePanel
from dgn_explorer.gui.features.results.compare import Compare
from dgn_explorer.gui.features.results.gallery import Gallery
from dgn_explorer.gui.features.results.results_strip import ResultsStrip
from dgn_explorer.gui.features.results.sheet_page import SheetPage
from dgn_explorer.gui.features.settings.controls import Controls
from dgn_explorer.gui.features.training.training_panel import TrainingPanel
from dgn_explorer.gui.features.training.training_run import Training
from dgn_explorer.gui.features.units.browser import Browser
from dgn_explorer.gui.state.answering.combination import Combination
from dgn_explorer.gui.state.live_parameters import LiveParameters
from dgn_explorer.gui.state.notes import Notes
from dgn_explorer.gui.state.unfinished import Unfinished
from dgn_explorer.gui.window import MainWindow

T = TypeVar("T", bound=QObject)


class Rooms:
    """Finds what the features have put into ``window``."""

    window: MainWindow

    def part(self, kind: type[T]) -> T:
        found = self.window.findChild(kind)
        assert found is not None, f"no {kind.__name__} in the window"
        return found

    @property
    def desk(self) -> Desk:
        return self.window.desk

    @property
    def book(self) -> Book:
        return self.desk.book

    @property
    def panels(self) -> Panels:
        return self.desk.panels

    @property
    def notices(self) -> Notices:
        return self.desk.notices

    @property
    def notes(self) -> Notes:
        return self.desk.notes

    @property
    def browser(self) -> Browser:
        return self.part(Browser)

    @property
    def photo_page(self) -> PhotoPage:
        return self.part(PhotoPage)

    @property
    def photo_tray(self) -> PhotoTray:
        return self.part(PhotoTray)

    @property
    def controls(self) -> Controls:
        return self.part(Controls)

    @property
    def live_parameters(self) -> LiveParameters:
        return self.part(LiveParameters)

    @property
    def stage(self) -> Stage:
        return self.part(Stage)

    @property
    def details(self) -> Details:
        return self.part(Details)

    @property
    def combination(self) -> Combination:
        return self.part(Combination)

    @property
    def combine(self) -> CombinePanel:
        return self.part(CombinePanel)

    @property
    def gallery(self) -> Gallery:
        return self.part(Gallery)

    @property
    def results(self) -> ResultsStrip:
        return self.part(ResultsStrip)

    @property
    def compare(self) -> Compare:
        return self.part(Compare)

    @property
    def variations(self) -> SheetPage:
        return self.part(SheetPage)

    @property
    def queue(self) -> QueuePanel:
        return self.part(QueuePanel)

    @property
    def unfinished(self) -> Unfinished:
        return self.part(Unfinished)

    @property
    def training(self) -> Training:
        return self.part(Training)

    @property
    def training_panel(self) -> TrainingPanel:
        return self.part(TrainingPanel)


class RoomsOf(Rooms):
    """The same for a window of which nothing else is needed."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
