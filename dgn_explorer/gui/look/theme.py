"""Colours, type scale and spacing of the window, in a light and a dark set.

Fusion with an explicit `QPalette` looks the same on every platform, and tests can compute its
contrasts; `QStyleHints.setColorScheme` has no effect on some platforms.
"""

from dataclasses import dataclass, fields

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from dgn_explorer.gui.look.stylesheet import stylesheet

# One spacing scale, in device-independent pixels.
TIGHT, SMALL, MEDIUM, LARGE, WIDE = 4, 8, 12, 16, 24

# One type scale, in points at 96 dots per inch: 12, 13, 13 bold, 16 and 21 px.
CAPTION_PT, BODY_PT, TITLE_PT, DISPLAY_PT = 9.0, 9.75, 12.0, 15.75

CHOICES = ("system", "light", "dark")


@dataclass(frozen=True)
class Colours:
    """One colour set; every value is ``#rrggbb``."""

    window: str
    panel: str
    raised: str
    hover: str
    canvas: str
    border: str
    control_border: str
    text: str
    muted: str
    accent: str
    accent_fill: str
    on_accent: str
    selected: str
    on_selected: str
    good: str
    warn: str
    bad: str

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every (text, background) pair that the window uses, as field names."""
        grounds = ("window", "panel", "raised", "hover", "canvas")
        inks = ("text", "muted", "accent", "good", "warn", "bad")
        plain = tuple((ink, ground) for ink in inks for ground in grounds)
        return (*plain, ("on_accent", "accent_fill"), ("on_selected", "selected"))

    def as_dict(self) -> dict[str, str]:
        """Name to colour."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


LIGHT = Colours(
    window="#eef0f3",
    panel="#f8f9fb",
    raised="#ffffff",
    hover="#e6e8ee",
    canvas="#e3e6eb",
    border="#d3d8e0",
    control_border="#7f8896",
    text="#181b20",
    muted="#535c69",
    accent="#4a3cc2",
    accent_fill="#5546d0",
    on_accent="#ffffff",
    selected="#5546d0",
    on_selected="#ffffff",
    good="#14663c",
    warn="#7d4f00",
    bad="#ad211f",
)

DARK = Colours(
    window="#15171b",
    panel="#1b1e23",
    raised="#262a31",
    hover="#30353e",
    canvas="#101215",
    border="#30353e",
    control_border="#7a8391",
    text="#e8eaee",
    muted="#a9b1bd",
    accent="#b6acff",
    accent_fill="#6253d8",
    on_accent="#ffffff",
    selected="#5b4dcc",
    on_selected="#ffffff",
    good="#67d19b",
    warn="#eebb55",
    bad="#ff9a92",
)


def contrast(one: str, other: str) -> float:
    """The WCAG 2 contrast ratio of two ``#rrggbb`` colours.

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def qt_palette(colours: Colours) -> QPalette:
    """The palette that Fusion paints with."""
    role = QPalette.ColorRole
    palette = QPalette()
    for name, colour in {
        role.Window: colours.window,
        role.Base: colours.raised,
        role.AlternateBase: colours.panel,
        role.Button: colours.raised,
        role.ToolTipBase: colours.raised,
        role.Light: colours.hover,
        role.Midlight: colours.hover,
        role.Mid: colours.border,
        role.Dark: colours.control_border,
        role.Shadow: colours.border,
        role.WindowText: colours.text,
        role.Text: colours.text,
        role.ButtonText: colours.text,
        role.ToolTipText: colours.text,
        role.BrightText: colours.bad,
        role.PlaceholderText: colours.muted,
        role.Highlight: colours.selected,
        role.HighlightedText: colours.on_selected,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
    }.items():
        palette.setColor(name, QColor(colour))
    disabled = QPalette.ColorGroup.Disabled
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(disabled, name, QColor(colours.control_border))
    return palette


def font(points: float = BODY_PT, bold: bool = False) -> QFont:
    """The program's font at a size of the type scale."""
    made = QFont(QApplication.font())
    made.setPointSizeF(points)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return made


class Theme(QObject):
    """The colours in use; `changed` follows every change of choice or of the system's scheme."""

    changed = Signal()

    def __init__(self, app: QApplication, choice: str = "system") -> None:
        super().__init__()
        self._app = app
        self.choice = choice if choice in CHOICES else "system"
        app.setStyle("Fusion")
        app.setFont(font())
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._apply()

    @property
    def dark(self) -> bool:
        """Whether the dark set is in use."""
        if self.choice == "system":
            return self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self.choice == "dark"

    @property
    def colours(self) -> Colours:
        """The set in use."""
        return DARK if self.dark else LIGHT

    def choose(self, choice: str) -> None:
        """Use ``system``, ``light`` or ``dark`` from now on."""
        self.choice = choice
        self._apply()

    def _system_changed(self) -> None:
        if self.choice == "system":
            self._apply()

    def _apply(self) -> None:
        self._app.setPalette(qt_palette(self.colours))
        self._app.setStyleSheet(stylesheet(self.colours.as_dict()))
        self.changed.emit()
