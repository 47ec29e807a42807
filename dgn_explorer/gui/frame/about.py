"""About the program, and what to paste into a report."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.error_dialog import system_info
from dgn_explorer.gui.look.icons import program_pixmap
from dgn_explorer.gui.look.parts import closing_button, fix_width, label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, WIDE

_TEXT = (
    "Double-click a neuron of a vision network and watch the image it wants to see. "
    "The image is found by gradient ascent in the code space of a generator, the method of "
    "Nguyen et al. (2016), “Synthesizing the preferred inputs for neurons in neural "
    "networks via deep generator networks”."
)


class AboutDialog(QDialog):
    """Name, method, licence and versions."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About dgn-explorer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picture = label()
        picture.setPixmap(program_pixmap(72, 2.0))
        info = label(system_info(), "muted", wrap=True)
        info.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QVBoxLayout()
        words.setSpacing(MEDIUM)
        words.addWidget(label("DGN Explorer", "display"))
        words.addWidget(label(_TEXT, "", wrap=True))
        words.addWidget(info)
        words.addWidget(label("Free software under the Apache License 2.0.", "muted"))
        top = QHBoxLayout()
        top.setSpacing(LARGE)
        top.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        copy = QPushButton("Copy system info")
        copy.setAccessibleName("Copy system info")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(system_info()))
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addStretch()
        buttons.addWidget(copy)
        buttons.addWidget(closing_button(self))
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(LARGE)
        column.addLayout(top)
        column.addLayout(buttons)
        fix_width(self, 520)
