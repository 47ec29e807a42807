"""The rail at the left edge: the six pages."""

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMainWindow, QToolBar, QToolButton

from dgn_explorer.gui.desk.actions import Action, ActionTable
from dgn_explorer.gui.desk.book import Book
from dgn_explorer.gui.state.topics import PageName


@dataclass(frozen=True)
class _Tab:
    page: PageName
    title: str
    help: str
    icon: str
    more_keys: str = ""


_TABS = (
    _Tab(PageName.UNIT, "Unit", "One neuron: what it wants to see", "unit", "F5"),
    _Tab(PageName.LAYER, "Layer", "All neurons of a layer side by side", "layers"),
    _Tab(PageName.PHOTO, "Photo", "A photo of your own: what the network makes of it", "photo"),
    _Tab(PageName.MIX, "Mix", "Several neurons with weights in one image", "combine"),
    _Tab(PageName.LIBRARY, "Library", "Everything that was made", "gallery", "Ctrl+G"),
    _Tab(
        PageName.PRIOR,
        "Generator",
        "The generator (prior) that draws, and training one's own",
        "prior",
        "F7",
    ),
)


def page_actions(book: Book) -> tuple[Action, ...]:
    """One action a page: on the rail, in the menu View, and by Alt and its number."""
    return tuple(
        Action(
            f"page_{tab.page.value}",
            "View",
            -2,
            tab.title,
            tab.help,
            lambda page=tab.page: book.show_page(page, book.first_view(page)),  # type: ignore[misc]
            keys=f"Alt+{number}",
            more_keys=tab.more_keys,
            icon=tab.icon,
            checked=lambda page=tab.page: book.page is page,  # type: ignore[misc]
        )
        for number, tab in enumerate(_TABS, 1)
    )


def make_rail(window: QMainWindow, table: ActionTable) -> QToolBar:
    """The bar of those actions."""
    rail = QToolBar("Pages", window)
    rail.setObjectName("rail")
    rail.setMovable(False)
    rail.setFloatable(False)
    rail.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    rail.setProperty("role", "rail")
    rail.setIconSize(QSize(20, 20))
    rail.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    window.addToolBar(Qt.ToolBarArea.LeftToolBarArea, rail)
    for tab in _TABS:
        action = table[f"page_{tab.page.value}"]
        rail.addAction(action)
        button = rail.widgetForAction(action)
        if isinstance(button, QToolButton):
            button.setAccessibleName(f"Page {tab.title}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return rail
