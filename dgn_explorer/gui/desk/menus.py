"""The menu bar, made from the action table."""

from itertools import groupby

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu

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
            for sub, entries in groupby(group, key=lambda action: action.sub):
                inner = menu.addMenu(sub) if sub else menu
                inner.addActions([table[action.id] for action in entries])
        if name == "View":
            menu.addSeparator()
            menu.addActions(panels)
