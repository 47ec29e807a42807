"""Menu bar and toolbar, made from the action table."""

from itertools import groupby

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QSizePolicy, QToolBar, QWidget

from dgn_explorer.gui.desk.actions import MENUS, ROWS, ActionTable


def fill_menus(window: QMainWindow, table: ActionTable, panels: list[QAction]) -> None:
    """Build the menu bar; ``panels`` are the docks' own show-and-hide actions."""
    for name in MENUS:
        menu = QMenu(f"&{name}", window)
        menu.setToolTipsVisible(True)
        window.menuBar().addMenu(menu)
        rows = [row for row in ROWS if row.menu == name]
        for number, (_, group) in enumerate(groupby(rows, key=lambda row: row.group)):
            if number:
                menu.addSeparator()
            menu.addActions([table[row.id] for row in group])
        if name == "View":
            menu.addSeparator()
            menu.addActions(panels)


def make_toolbar(window: QMainWindow, table: ActionTable) -> QToolBar:
    """The toolbar: what is used all the time, with words; the palette at the right."""
    bar = QToolBar("Toolbar", window)
    bar.setObjectName("toolbar")
    bar.setMovable(False)
    bar.setFloatable(False)
    bar.setIconSize(QSize(16, 16))
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    for id in ("visualise", "stop", "more_steps"):
        bar.addAction(table[id])
    bar.addSeparator()
    bar.addAction(table["new_seed"])
    bar.addSeparator()
    for id in ("save_image", "copy_image"):
        bar.addAction(table[id])
    bar.addSeparator()
    bar.addAction(table["gallery"])
    space = QWidget(bar)
    space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(space)
    bar.addAction(table["palette"])
    for action in bar.actions():
        button = bar.widgetForAction(action)
        if action.text():
            # The style puts no space between icon and text.
            action.setIconText(f" {action.text().rstrip('…')}")
            button.setAccessibleName(action.text())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    window.addToolBar(bar)
    return bar
