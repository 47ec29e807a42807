"""What a feature may touch: the session, the parts of the window that features share, and no more.

A feature is a function that gets a `Desk` and gives a `Feature`; it knows no other feature. What
two features have in common is here: what is selected, the photograph, the notes.
"""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QWidget

from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.bridge.preferences import Preferences
from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.desk.answers import Answers
from dgn_explorer.gui.desk.book import Book
from dgn_explorer.gui.desk.drag_out import DragOut
from dgn_explorer.gui.desk.error_dialog import ErrorDialog
from dgn_explorer.gui.desk.inspector import Inspector
from dgn_explorer.gui.desk.navigator import Navigator
from dgn_explorer.gui.desk.notices import QUIET_NOTICES, Notices
from dgn_explorer.gui.desk.panels import Area, Panel, Panels
from dgn_explorer.gui.desk.question_bar import QuestionBar
from dgn_explorer.gui.desk.shortcut_sheet import own_keys
from dgn_explorer.gui.desk.title_bar import TitleBar
from dgn_explorer.gui.desk.top_bar import TopBar
from dgn_explorer.gui.look.theme import Theme
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.notes import Notes
from dgn_explorer.gui.state.photo import Photo
from dgn_explorer.gui.state.selection import Selection
from dgn_explorer.gui.state.session import Session

NAVIGATOR, INSPECTOR = "Navigator", "Inspector"  # the panels at the left and at the right


@dataclass(frozen=True)
class Desk:
    """Made once for a window; ``window`` is the parent of dialogs.

    ``book`` is the middle with its six pages, ``navigator`` and ``inspector`` what is at its left
    and right, ``top`` the bar above, ``answers`` the table of how records are shown.
    """

    window: QMainWindow
    session: Session
    flows: Flows
    theme: Theme
    preferences: Preferences
    table: ActionTable
    book: Book
    title: TitleBar
    questions: QuestionBar
    top: TopBar
    panels: Panels
    navigator: Navigator
    inspector: Inspector
    answers: Answers
    notices: Notices
    notes: Notes
    selection: Selection
    photo: Photo
    drag_out: DragOut

    def show_section(self, name: str) -> None:
        """Bring a section of the inspector into sight."""
        self.panels.show(INSPECTOR)
        self.inspector.show_section(name)

    def context_menu(self, source: QWidget) -> None:
        """Let a right click on ``source`` offer what can be done with the page's subject."""
        source.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        source.customContextMenuRequested.connect(
            lambda place: self.title.menu(source).popup(source.mapToGlobal(place))
        )

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
    book = Book(session)
    table = ActionTable(window, theme, own_keys(preferences))
    title = TitleBar(book, table)
    questions = QuestionBar(book, session, table)
    book.put_above(title, questions)
    window.setCentralWidget(book)
    notices = Notices(
        theme, book, lambda: book.clearance, lambda: preferences.get(QUIET_NOTICES, False)
    )
    session.display_changed.connect(notices.place_later)
    session.notice.connect(notices.show_notice)
    book.page_changed.connect(notices.place_later)
    navigator, inspector = Navigator(book), Inspector(book, preferences)
    panels = Panels(window, theme)
    panels.add(Panel(NAVIGATOR, navigator, Area.LEFT, 216))
    panels.add(Panel(INSPECTOR, inspector, Area.RIGHT, 276))
    return Desk(
        window=window,
        session=session,
        flows=flows,
        theme=theme,
        preferences=preferences,
        table=table,
        book=book,
        title=title,
        questions=questions,
        top=TopBar(window),
        panels=panels,
        navigator=navigator,
        inspector=inspector,
        answers=Answers(),
        notices=notices,
        notes=Notes(session, flows, window),
        selection=Selection(window),
        photo=Photo(session, flows, window),
        drag_out=DragOut(session, flows, window),
    )
