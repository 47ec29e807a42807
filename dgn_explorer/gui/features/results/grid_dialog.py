"""How a grid of results is to be exported."""

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from dgn_explorer.export.contact_sheet import SheetOptions
from dgn_explorer.gui.look.form_dialog import FormDialog
from dgn_explorer.gui.look.number_field import NumberField

_BACKGROUNDS = (("White", "white"), ("Black", "black"), ("Grey", "#808080"))
_CAPTIONS = (
    ("Class or address", "{label}"),
    ("Class and activation", "{label}  {activation}"),
    ("Address and seed", "{address}  seed {seed}"),
    ("None", ""),
)


class GridDialog(FormDialog):
    """Read `options` when it is accepted."""

    def __init__(self, count: int, columns: int, captions: bool, parent: QWidget) -> None:
        what = "1 picture becomes" if count == 1 else f"{count:,} pictures become"
        text = f"{what} one PNG or PDF. A large grid is cut between rows."
        super().__init__("Export grid", text, "Choose file…", parent)
        self.columns = NumberField(int, 1, 10_000, columns)
        self.gap = NumberField(int, 0, 1000, 8)
        self.scale = NumberField(float, 0.05, 16.0, 2.0)
        self.caption = QComboBox()
        for name, pattern in _CAPTIONS:
            self.caption.addItem(name, pattern)
        self.title = QLineEdit()
        self.background = QComboBox()
        for name, colour in _BACKGROUNDS:
            self.background.addItem(name, colour)
        self.own = QCheckBox("Write the values under the pictures")
        self.own.setChecked(True)
        self.add("Columns", self.columns)
        self.add("Gap", self.gap, "Pixels between the pictures")
        self.add("Scale", self.scale, "2 doubles width and height; 300 px an inch prints well")
        if captions:
            self.add("Captions", self.own)
        else:
            self.add("Captions", self.caption)
        self.add("Title", self.title)
        self.add("Background", self.background)
        self.finish()

    @property
    def options(self) -> SheetOptions:
        """What was chosen."""
        return SheetOptions(
            columns=int(self.columns.value),
            gap_px=int(self.gap.value),
            scale=float(self.scale.value),
            captions=self.caption.currentData(),
            title=self.title.text().strip(),
            background=self.background.currentData(),
            text_px=max(10, round(8 * float(self.scale.value))),
        )
