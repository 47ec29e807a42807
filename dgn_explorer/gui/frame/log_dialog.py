"""What the program has noted: the end of its log, to look at, copy and save."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
)

from dgn_explorer.disk import read_file, write_file
from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import ElidedLabel, closing_button, label
from dgn_explorer.gui.look.plain import plain_lines
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL, WIDE
from dgn_explorer.machine.logs import log_file

_MOST_BYTES = 1 << 22  # the program begins a new file long before
_LAST_LETTERS = 200_000
_NOTHING = "Nothing has gone wrong so far: the log is empty."


class LogDialog(QDialog):
    """Read once, when it is opened; *Look again* reads it once more."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self.setWindowTitle("Log")
        self.resize(760, 460)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Log")
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        where = ElidedLabel("muted")
        where.setText(str(log_file()))
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        for title, do in (
            ("Look again", self.read),
            ("Copy", self._copy),
            ("Save as…", self._choose),
            ("Open the folder", self._open_folder),
        ):
            button = QPushButton(title)
            button.setAutoDefault(False)
            button.clicked.connect(do)
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(closing_button(self))
        column = QVBoxLayout(self)
        column.setContentsMargins(WIDE, WIDE, WIDE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(label("Log", "display"))
        column.addWidget(where)
        column.addWidget(self.text, 1)
        column.addLayout(buttons)
        self.read()

    def read(self) -> None:
        """Read the log on the I/O thread and show its end."""
        self._desk.flows.start(self._read())

    async def _read(self) -> None:
        found = await self._desk.flows.on_disk(_read_end, log_file())
        self.text.setPlainText(found or _NOTHING)
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self._desk.notify("The log is on the clipboard.")

    def _choose(self) -> None:
        chooser = QFileDialog(self, "Save the log", "dgn-explorer-log.txt")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setNameFilter("Text (*.txt)")
        chooser.setDefaultSuffix("txt")
        chooser.fileSelected.connect(lambda path: self._desk.flows.start(self._save(path)))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    async def _save(self, path: str) -> None:
        text = self.text.toPlainText().encode()
        try:
            await self._desk.flows.on_disk(write_file, Path(path), text)
        except OSError as error:
            self._desk.show_problem(f"{path} cannot be written: {error}.", "Choose another folder.")

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file().parent)))


def _read_end(path: Path) -> str:
    """The last part of a log; empty where there is none that can be read."""
    try:
        data = read_file(path, _MOST_BYTES)
    except (OSError, DgnError):
        return ""
    return plain_lines(data.decode("utf-8", "replace")[-_LAST_LETTERS:], _LAST_LETTERS)
