"""A number that is typed, stepped by arrow keys, and checked against a range."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from dgn_explorer.gui.look.parts import set_role

_FACTOR = 1.1  # one arrow key multiplies a real number by this


class NumberField(QLineEdit):
    """Shows ``value``; `edited` follows a valid entry, an invalid one is outlined and not used.

    Real numbers span ten decades here, which spin boxes with fixed decimals cannot show.
    """

    edited = Signal(object)  # int or float
    validity = Signal(bool)  # of what stands there while it is typed

    def __init__(
        self, kind: type, low: float, high: float, value: float, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._kind, self._low, self._high = kind, low, high
        self._value: float = value
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setMinimumWidth(76)
        self.editingFinished.connect(self._commit)
        self.textEdited.connect(lambda text: self._mark(self._parse(text) is not None))
        self.set_value(value)

    @property
    def value(self) -> float:
        """The last valid number."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show another number."""
        self._value = value
        self.setText(str(value) if self._kind is int else f"{value:.6g}")
        self._mark(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on keys."""
        step = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._step(step)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom or step."""
        if not self.hasFocus():
            event.ignore()  # the panel scrolls; a number must not change on the way
        elif event.angleDelta().y():
            self._step(1 if event.angleDelta().y() > 0 else -1)

    def _step(self, steps: int) -> None:
        if self._kind is int:
            value: float = self._value + steps
        elif self._value:
            value = float(f"{self._value * _FACTOR**steps:.3g}")
        else:
            value = 0.001 if steps > 0 else 0.0
        self._take(min(max(value, self._low), self._high))

    def _commit(self) -> None:
        value = self._parse(self.text())
        if value is None:
            self.set_value(self._value)
        elif self.isModified():
            self._take(value)

    def _take(self, value: float) -> None:
        changed = value != self._value
        self.set_value(self._kind(value))
        if changed:
            self.edited.emit(self._value)

    def _parse(self, text: str) -> float | None:
        try:
            value: float = self._kind(text.strip())
        except ValueError:
            return None
        return value if self._low <= value <= self._high else None

    def _mark(self, valid: bool) -> None:
        set_role(self, "invalid", "false" if valid else "true")
        self.validity.emit(valid)
