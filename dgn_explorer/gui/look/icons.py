"""Line icons from ``resources``, drawn in any colour at any density."""

from functools import lru_cache
from importlib import resources

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_SIZES = (16, 20, 32, 40)


@lru_cache
def _source(name: str) -> str:
    return resources.files("dgn_explorer.resources").joinpath(f"{name}.svg").read_text("utf-8")


@lru_cache(maxsize=256)
def icon_pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Icon ``name`` in ``colour``, ``size`` device-independent pixels wide."""
    return _draw(_source(f"icon-{name}").replace("currentColor", colour), size, ratio)


def icon(name: str, colour: str, disabled: str, off: str = "", selected: str = "") -> QIcon:
    """Icon ``name`` for buttons, menus and lists, paler when disabled, ``off`` while not checked.

    ``selected`` is its colour in a selected row; empty is the same as elsewhere.
    """
    made = QIcon()
    for size in _SIZES:
        for state, shown in ((QIcon.State.On, name), (QIcon.State.Off, off or name)):
            made.addPixmap(icon_pixmap(shown, colour, size), QIcon.Mode.Normal, state)
            made.addPixmap(icon_pixmap(shown, disabled, size), QIcon.Mode.Disabled, state)
            chosen = icon_pixmap(shown, selected or colour, size)
            made.addPixmap(chosen, QIcon.Mode.Selected, state)
    return made


def program_icon() -> QIcon:
    """The program's own icon."""
    made = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(_draw(_source("dgn-explorer"), size, 1.0))
    return made


def program_pixmap(size: int, ratio: float = 1.0) -> QPixmap:
    """The program's own icon as a picture."""
    return _draw(_source("dgn-explorer"), size, ratio)


def _draw(svg: str, size: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
