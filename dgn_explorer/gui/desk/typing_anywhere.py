"""Letters typed where nothing takes text go to the search box, the first one too."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QWidget

_COMMANDS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)


class TypingAnywhere(QObject):
    """Gives the keys to ``field`` when somebody begins to type elsewhere in ``window``.

    Qt asks first, with a ``ShortcutOverride``, whether the widget with the keys wants a letter for
    itself; text fields do, and what nobody wants comes to the window. The key press that follows
    goes to whichever widget has the keys by then. Lists lose their search by first letter, which
    finds nothing among numbered units. Shortcuts, the space bar and drop-down lists stay.
    """

    def __init__(self, window: QWidget, field: QLineEdit) -> None:
        super().__init__(window)
        self._window, self._field = window, field
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch for letters that nobody wants."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and watched is self._window
            and self._is_search(event)
        ):
            self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._field.deselect()
            self._field.end(False)
        return False

    def _is_search(self, event: QKeyEvent) -> bool:
        text = event.text()
        if not text.strip() or not text.isprintable() or event.modifiers() & _COMMANDS:
            return False
        if not self._field.isEnabled() or not self._field.isVisible():
            return False
        if isinstance(QApplication.focusWidget(), QComboBox):
            return False
        pressed = (QKeySequence(event.keyCombination()), QKeySequence(text))
        shortcuts = [keys for action in self._window.actions() for keys in action.shortcuts()]
        return not any(keys in shortcuts for keys in pressed)
