"""Menu bar and toolbar, made from the action table."""

from itertools import groupby

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QSizePolicy, QToolBar, QWidget

from dgn_explorer.gui.desk.actions import MENUS, ActionTable


def fill_menus(window: QMainWindow, table: ActionTable, panels: list[QAction]) -> None:
    """Build the menu bar; ``panels`` are the docks' own show-and-hide actions."""
    actions = table.actions
    for name in MENUS:
        menu = QMenu(f"&{name}", window)
        menu.setToolTipsVisible(True)
        window.menuBar().addMenu(menu)
        own = [action for action in actions if action.menu == name]
        for number, (_, group) in enumerate(groupby(own, key=lambda action: action.group)):
            if number:
                menu.addSeparator()
            menu.addActions([table[action.id] for action in group])
        if name == "View":
            menu.addSeparator()
            menu.addActions(panels)


def make_toolbar(window: QMainWindow, table: ActionTable) -> QToolBar:
    """The toolbar: what is used all the time, with words; the last part is at the right."""
    bar = QToolBar("Toolbar", window)
    bar.setObjectName("toolbar")
    bar.setMovable(False)
    bar.setFloatable(False)
    bar.setIconSize(QSize(16, 16))
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    chosen = sorted((a for a in table.actions if a.toolbar), key=lambda a: a.toolbar)
    parts = [list(group) for _, group in groupby(chosen, key=lambda a: a.toolbar // 10)]
    for number, part in enumerate(parts):
        if number and number == len(parts) - 1:
            space = QWidget(bar)
            space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            bar.addWidget(space)
        elif number:
            bar.addSeparator()
        for action in part:
            bar.addAction(table[action.id])
    for made in bar.actions():
        button = bar.widgetForAction(made)
        if made.text():
            # The style puts no space between icon and text.
            made.setIconText(f" {made.text().rstrip('…')}")
            button.setAccessibleName(made.text())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    window.addToolBar(bar)
    return bar
