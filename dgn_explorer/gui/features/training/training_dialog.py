"""What a new prior is to be trained on, and for how long."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from dgn_explorer.gui.features.training.training_run import TrainingOrder
from dgn_explorer.gui.look.form_dialog import FormDialog
from dgn_explorer.gui.look.number_field import NumberField
from dgn_explorer.gui.look.plain import plain
from dgn_explorer.gui.look.theme import SMALL
from dgn_explorer.paths import data_folder, user_path

_PathRole = Qt.ItemDataRole.UserRole + 1
_TEXT = (
    "A generator draws the pictures. Trained on your own photographs it draws in their manner. The "
    "training runs as a process of its own and goes on when this window is closed."
)


class TrainingDialog(FormDialog):
    """Read `order` when it is accepted."""

    def __init__(self, network: str, parent: QWidget) -> None:
        super().__init__("Train a generator", _TEXT, "Start training", parent)
        self.sources = QListWidget()
        self.sources.setFixedHeight(92)
        self.network = QLineEdit(network)
        self.hours = NumberField(float, 0.01, 10_000.0, 2.0)
        self.name = QLineEdit("my-generator")
        self.folder = QLineEdit()
        self.licence = QLineEdit()
        self.add(
            "Photographs",
            self.sources,
            "Folders and zips of JPEG, PNG or WebP; a few hundred to begin with, more is better",
        )
        self.add("", self._source_buttons())
        self.add("Network", self.network, "Its features are what the generator learns to draw")
        self.add("Hours", self.hours, "It can be stopped earlier, and go on later")
        self.add("Name", self.name)
        self.add("Folder", self.folder, "A folder with an unfinished run goes on from there")
        self.add("Licence", self.licence, "Terms of the photographs, kept in the generator's card")
        self.name.textChanged.connect(self._suggest_folder)
        self._suggest_folder(self.name.text())
        self.sources.model().rowsInserted.connect(self._enable)
        self.sources.model().rowsRemoved.connect(self._enable)
        for field in (self.network, self.name, self.folder):
            field.textChanged.connect(self._enable)
        self._enable()
        self.finish()

    @property
    def order(self) -> TrainingOrder:
        """What was chosen."""
        rows = range(self.sources.count())
        return TrainingOrder(
            sources=tuple(self.sources.item(row).data(_PathRole) for row in rows),
            folder=user_path(self.folder.text().strip()),
            network=self.network.text().strip(),
            hours=float(self.hours.value),
            name=self.name.text().strip(),
            licence=self.licence.text().strip(),
        )

    def add_sources(self, paths: list[str]) -> None:
        """Add folders and zips."""
        for path in paths:
            item = QListWidgetItem(plain(path))
            item.setData(_PathRole, path)
            self.sources.addItem(item)

    def _source_buttons(self) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        for text, slot in (
            ("Add folder…", self._choose_folder),
            ("Add zip…", self._choose_zip),
            ("Remove", self._remove),
        ):
            button = QPushButton(text)
            button.setAccessibleName(f"{text.rstrip('…')} of photographs")
            button.setAutoDefault(False)
            button.clicked.connect(slot)
            layout.addWidget(button)
        layout.addStretch()
        return row

    def _choose_folder(self) -> None:
        chooser = QFileDialog(self, "Folder of photographs")
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        self._open(chooser)

    def _choose_zip(self) -> None:
        chooser = QFileDialog(self, "Zips of photographs")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFiles)
        chooser.setNameFilter("Zip archives (*.zip)")
        self._open(chooser)

    def _open(self, chooser: QFileDialog) -> None:
        chooser.filesSelected.connect(self.add_sources)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _remove(self) -> None:
        for item in self.sources.selectedItems():
            self.sources.takeItem(self.sources.row(item))

    def _suggest_folder(self, name: str) -> None:
        plain = "".join(c if c.isalnum() or c in "-_ " else "-" for c in name.strip())
        self.folder.setText(str(data_folder() / "runs" / (plain or "my-generator")))

    def _enable(self) -> None:
        order = self.order
        complete = order.sources and order.network and order.name and self.folder.text().strip()
        self.go.setEnabled(bool(complete))
