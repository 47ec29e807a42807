"""Shapes: radius, borders and focus rings, as one style sheet filled in with a colour set.

Widgets ask for a look by the property ``role``; nothing else in the package sets a style sheet.
"""

from importlib import resources
from string import Template

_SHEET = Template("""
* { outline: none; }
QToolTip {
    background: $raised; color: $text; border: 1px solid $control_border; padding: 4px 8px;
}
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QMenuBar { background: $window; padding: 2px 4px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selected; color: $on_selected; }
QMenu::item:disabled { color: $muted; background: transparent; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }
QToolBar { background: $window; border: none; border-bottom: 1px solid $border;
    padding: 4px 8px; spacing: 4px; }
QToolBar::separator { background: $border; width: 1px; margin: 4px 6px; }
QToolBar[role="rail"] { border: none; border-right: 1px solid $border; padding: 6px 2px; }
QToolBar[role="rail"] QToolButton { padding: 7px 2px; min-width: 62px; font-size: 9pt;
    border-radius: 8px; }
QToolBar[role="rail"] QToolButton:checked { background: $selected; color: $on_selected;
    border-color: $selected; }
QToolBar[role="rail"] QToolButton:focus { padding: 6px 1px; }
QToolBar[role="rail"] QToolButton:checked:focus { border: 2px solid $text; }
QStatusBar { background: $window; border-top: 1px solid $border; }
QStatusBar::item { border: none; }

QLabel { background: transparent; }
QLabel[role="display"] { font-size: 15.75pt; font-weight: 600; }
QLabel[role="title"] { font-size: 12pt; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="caption"] { color: $muted; font-size: 9pt; }
QLabel[role="section"] { color: $muted; font-size: 9pt; font-weight: 600; }
QLabel[role="bad"] { color: $bad; }
QLabel[role="problem"] { color: $bad; font-size: 9pt; }
QLabel[role="badge"] {
    color: $text; background: $raised; border: 1px solid $border; border-radius: 10px;
    padding: 2px 10px; font-size: 9pt; font-weight: 600;
}
QLabel[role="key"] {
    color: $text; background: $raised; border: 1px solid $control_border; border-radius: 4px;
    padding: 1px 6px; font-size: 9pt; font-weight: 600;
}
QLabel:focus { border-bottom: 1px solid $accent; }

QPushButton, QToolButton {
    background: $raised; color: $text; border: 1px solid $control_border; border-radius: 6px;
    padding: 5px 12px;
}
QToolButton { padding: 5px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $border; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 4px 11px; }
QToolButton:focus { padding: 4px; }
QPushButton:disabled, QToolButton:disabled { color: $muted; border-color: $border;
    background: $panel; }
QPushButton:checked { background: $selected; color: $on_selected; border-color: $selected; }
QPushButton:checked:focus { border: 2px solid $text; }
QToolButton:checked { background: $hover; border-color: $accent; }
QPushButton[role="primary"] { background: $accent_fill; color: $on_accent;
    border-color: $accent_fill; font-weight: 600; }
QPushButton[role="primary"]:hover { background: $selected; }
QPushButton[role="primary"]:focus { border: 2px solid $text; }
QPushButton[role="primary"]:disabled { background: $panel; color: $muted; border-color: $border; }
QPushButton[role="link"] { background: transparent; border: 1px solid transparent; color: $accent;
    padding: 3px 6px; }
QPushButton[role="link"]:hover { background: $hover; }
QPushButton[role="link"]:focus { border: 2px solid $accent; padding: 2px 5px; }
QPushButton[role="link"]:disabled { color: $muted; }
QPushButton[role="top"] { background: transparent; border: 1px solid transparent;
    padding: 5px 8px; font-weight: 600; }
QPushButton[role="top"]:hover { background: $hover; }
QPushButton[role="top"]:focus { border: 2px solid $accent; padding: 4px 7px; }
QPushButton[role="chip"] { border-radius: 13px; padding: 4px 12px; }
QPushButton[role="chip"][small="true"] { font-size: 9pt; padding: 3px 9px; border-radius: 11px; }
QPushButton[role="chip"][small="true"]:focus { padding: 2px 8px; }
QPushButton[role="chip"]:checked { background: $selected; color: $on_selected;
    border-color: $selected; }
QPushButton[role="chip"]:focus { border: 2px solid $accent; padding: 3px 11px; }
QPushButton[role="chip"]:checked:focus { border: 2px solid $text; }
QPushButton[role="start"] { border-radius: 11px; padding: 2px 10px; background: $hover; }
QPushButton[role="start"]:focus { border: 2px solid $accent; padding: 1px 9px; }
QToolButton[role="heading"] { background: transparent; border: 1px solid transparent;
    padding: 3px 2px; font-weight: 600; color: $text; }
QToolButton[role="heading"]:checked { background: transparent; border-color: transparent; }
QToolButton[role="heading"]:hover { color: $accent; }
QToolButton[role="heading"]:focus { border: 2px solid $accent; padding: 2px 1px; }
QToolButton[role="tiny"] { background: transparent; border: 1px solid transparent;
    border-radius: 4px; padding: 2px; }
QToolButton[role="tiny"]:hover { background: $hover; }
QToolButton[role="tiny"]:focus { border: 2px solid $accent; padding: 1px; }
QToolBar QToolButton, QToolButton[role="flat"] { background: transparent;
    border: 1px solid transparent; padding: 5px 8px; }
QToolButton[role="flat"] { padding: 4px; }
QToolBar QToolButton:hover, QToolButton[role="flat"]:hover { background: $hover; }
QToolBar QToolButton:focus { border: 2px solid $accent; padding: 4px 7px; }
QToolButton[role="flat"]:focus { border: 2px solid $accent; padding: 3px; }
QToolButton[role="flat"]:checked { background: $hover; border-color: $control_border; }
QToolBar QToolButton:disabled, QToolButton[role="flat"]:disabled { color: $muted;
    background: transparent; border-color: transparent; }

QLineEdit, QPlainTextEdit {
    background: $raised; color: $text; border: 1px solid $control_border; border-radius: 6px;
    padding: 4px 8px; selection-background-color: $selected; selection-color: $on_selected;
}
QLineEdit:focus, QPlainTextEdit:focus { border: 2px solid $accent; padding: 3px 7px; }
QLineEdit[invalid="true"] { border: 2px solid $bad; padding: 3px 7px; }
QLineEdit:disabled { color: $muted; border-color: $border; background: $panel; }

QComboBox { background: $raised; color: $text; border: 1px solid $control_border;
    border-radius: 6px; padding: 4px 8px; }
QComboBox:focus { border: 2px solid $accent; padding: 3px 7px; }
QComboBox:disabled { color: $muted; border-color: $border; background: $panel; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url($arrow); width: 10px; height: 10px; }
QComboBox QAbstractItemView, QComboBox QAbstractItemView:focus { background: $raised;
    border: 1px solid $control_border; padding: 4px; }
QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $control_border;
    border-radius: 4px; background: $raised; }
QCheckBox::indicator:hover { background: $hover; }
QCheckBox::indicator:checked { background: $accent_fill; border-color: $accent_fill;
    image: url($tick); }
QCheckBox::indicator:focus { border: 2px solid $accent; }
QCheckBox::indicator:checked:focus { border: 2px solid $text; }

QAbstractItemView { background: $panel; color: $text; border: none;
    selection-background-color: $selected; selection-color: $on_selected; }
QTreeView::item { padding: 3px 4px; border: none; }
QTreeView::item:hover { background: $hover; }
QTreeView::item:selected { background: $selected; color: $on_selected; }
QTreeView, QListView { border: 2px solid transparent; border-radius: 6px; }
QTreeView:focus, QListView:focus { border: 2px solid $accent; }
QTableView, QTableView QTableCornerButton::section { background: $panel; border: none; }
QTableView { border: 2px solid transparent; border-radius: 6px; }
QTableView:focus { border: 2px solid $accent; }
QTableView QHeaderView { background: $panel; }
QHeaderView::section { background: $panel; color: $muted; border: none; padding: 2px 4px; }

QScrollArea { border: none; background: transparent; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: $control_border; border-radius: 4px; margin: 2px;
    min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QProgressBar { background: $border; border: none; border-radius: 3px; min-height: 6px;
    max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QSlider::groove:horizontal { background: $border; height: 4px; border-radius: 2px; }
QSlider::handle:horizontal { background: $accent; width: 14px; margin: -5px 0; border-radius: 7px; }
QSlider::handle:horizontal:focus { background: $text; }
QSplitter::handle { background: $border; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $accent; }

QDockWidget { color: $text; }
QTabBar { background: $window; }
QTabBar::tab { background: transparent; color: $muted; padding: 6px 14px; border: none;
    border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; font-weight: 600; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:focus { border-bottom: 2px solid $text; }

QWidget[role="panel"] { background: $panel; }
QWidget[role="header"], QWidget[role="handle"] { background: $panel; }
QFrame[role="popup"] { background: $raised; border: 1px solid $control_border;
    border-radius: 8px; }
QFrame[role="popup"] QListWidget { background: $raised; }
QFrame[role="notice"] { background: $raised; border: 1px solid $control_border;
    border-radius: 8px; }
QFrame[role="over"] { background: $panel; border: 1px solid $border; border-radius: 7px; }
QFrame[role="line"] { background: $border; border: none; max-height: 1px; min-height: 1px; }
QDialog { background: $window; }
""")


def stylesheet(colours: dict[str, str]) -> str:
    """The application's style sheet in these colours."""
    folder = str(resources.files("dgn_explorer.resources").joinpath("")).replace("\\", "/")
    return _SHEET.substitute(colours, tick=f"{folder}/tick.svg", arrow=f"{folder}/arrow.svg")
