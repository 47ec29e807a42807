"""What went wrong in a sentence, what to do about it, and the details to copy."""

import platform
import sys

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.look.icons import icon_pixmap
from dgn_explorer.gui.look.parts import fix_width, label
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, WIDE, Theme


def system_info() -> str:
    """Versions, for reports; torch only if it is loaded."""
    from importlib.metadata import version

    torch = sys.modules.get("torch")
    lines = [
        f"dgn-explorer {version('dgn-explorer')}",
        f"Python {platform.python_version()}, {platform.platform()}",
        f"PySide6 {pyside_version}, {QGuiApplication.platformName()}",
        f"PyTorch {torch.__version__}" if torch is not None else "PyTorch not loaded",
    ]
    return "\n".join(lines)


class ErrorDialog(QDialog):
    """Opened with `open`, never with ``exec``, so that nothing waits for it."""

    def __init__(
        self, message: str, hint: str, details: str, theme: Theme, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("dgn-explorer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._report = "\n".join(filter(None, (message, hint, details, system_info())))
        sign = label()
        sign.setPixmap(icon_pixmap("warning", theme.colours.bad, 32, self.devicePixelRatioF()))
        words = QVBoxLayout()
        words.setSpacing(MEDIUM)
        words.addWidget(label(message, "title", wrap=True))
        words.addWidget(label(hint, "", wrap=True))
        top = QHBoxLayout()
        top.setSpacing(LARGE)
        top.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(LARGE)
        column.addLayout(top)
        if details:
            text = QPlainTextEdit(details)
            text.setReadOnly(True)
            text.setAccessibleName("Details")
            text.setMinimumHeight(160)
            text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            column.addWidget(text)
        buttons = QDialogButtonBox()
        copy = buttons.addButton("Copy details", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setAccessibleName("Copy the details")
        copy.clicked.connect(self.copy)
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setAccessibleName("Close")
        close.setProperty("role", "primary")
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        fix_width(self, 560)
        close.setFocus()

    def copy(self) -> None:
        """Put message, hint, details and versions on the clipboard."""
        QGuiApplication.clipboard().setText(self._report)
