"""What a feature may touch: the session, the parts of the window that features share, and no more.

A feature is a function that gets a `Desk` and gives a `Feature`; it knows no other feature. What
two features have in common is here: what is selected, the photograph, the notes.
"""

from dataclasses import dataclass

from PySide6.QtWidgets import QMainWindow

from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.desk.centre import Centre
from dgn_explorer.gui.desk.drag_out import DragOut
from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.desk.notices import Notices
from dgn_explorer.gui.desk.pages import Pages
from dgn_explorer.gui.desk.panels import Panels
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.notes import Notes
from dgn_explorer.gui.state.photo import Photo
from dgn_explorer.gui.state.selection import Selection
from dgn_explorer.gui.state.session import Session

LAYERS = "layers"  # the page of the navigator to go back to


@dataclass(frozen=True)
class Desk:
    """Made once for a window; ``window`` is the parent of dialogs.

    ``navigator`` is what is below the search box at the left: layers and units, or what a feature
    puts in their place.
    """

    window: QMainWindow
    session: Session
    flows: Flows
    theme: Theme
    preferences: Preferences
    table: ActionTable
    centre: Centre
    panels: Panels
    navigator: Pages
    notices: Notices
    notes: Notes
    selection: Selection
    photo: Photo
    drag_out: DragOut

    def notify(self, text: str, level: Level = Level.INFO) -> None:
        """Show a notice that goes by itself."""
        self.session.notice.emit(Notice(text, level))

    def show_problem(self, message: str, hint: str, details: str = "") -> None:
        """Open the error dialog, without waiting for it."""
        ErrorDialog(message, hint, details, self.theme, self.window).open()


def lay_desk(
    window: QMainWindow, session: Session, flows: Flows, theme: Theme, preferences: Preferences
) -> Desk:
    """A desk without features; everything on it is a child of ``window`` and goes with it."""
    centre = Centre(session)
    window.setCentralWidget(centre)
    notices = Notices(theme, centre, lambda: centre.clearance)
    session.display_changed.connect(notices.place_later)
    session.notice.connect(notices.show_notice)
    centre.page_changed.connect(notices.place_later)
    return Desk(
        window=window,
        session=session,
        flows=flows,
        theme=theme,
        preferences=preferences,
        table=ActionTable(window, theme),
        centre=centre,
        panels=Panels(window),
        navigator=Pages(window),
        notices=notices,
        notes=Notes(session, flows, window),
        selection=Selection(window),
        photo=Photo(session, flows, window),
        drag_out=DragOut(session, flows, window),
    )
