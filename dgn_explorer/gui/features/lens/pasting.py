"""A photo from the clipboard: the picture itself, or a file of one."""

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QGuiApplication, QImage

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.state.display import Level

_NAME = "pasted photo"


def paste(desk: Desk) -> None:
    """Open what is on the clipboard as a photo."""
    data = QGuiApplication.clipboard().mimeData()
    files = [url.toLocalFile() for url in data.urls() if url.isLocalFile()] if data else []
    if files:
        for file in files:
            desk.photo.open(file)
        return
    image = QGuiApplication.clipboard().image()
    if image.isNull():
        desk.notify("There is no picture on the clipboard.", Level.WARNING)
    else:
        desk.photo.take(png_of(image), _NAME)


def png_of(image: QImage) -> bytes:
    """The picture as a PNG file, which goes through the one decoder like any other."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())
