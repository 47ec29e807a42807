"""Pictures of every page: ``python -m tests.window_pictures FOLDER [WIDTHxHEIGHT or page...]``.

The real window with the real engine, in both themes. What it shows is made at the first call and
kept in ``FOLDER/home``. ``QT_SCALE_FACTOR=2`` draws for a screen of twice as many pixels. Those at
1280x800 are for ``docs/images``; each may take 150 KB.
"""

import os
import sys
from collections.abc import Iterator
from functools import partial
from importlib import resources
from pathlib import Path
from typing import NoReturn

from PySide6.QtWidgets import QApplication

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.state.topics import PageName
from tests.benchmarks import window_probe
from tests.gui.rooms import RoomsOf

_UNITS = ("golden retriever", "volcano", "daisy")
_EXAMPLE = "jellyfish"
_SIZES = ("1280x800",)
_SETTLE_S = 1.5  # thumbnails load


class Photographer(window_probe.Probe):
    """Goes from page to page, and takes each in all sizes and both themes."""

    folder = Path()
    sizes: tuple[str, ...] = _SIZES
    pages: tuple[str, ...] = ()  # none are all
    wait_s = 900.0

    def _tell(self) -> Iterator[window_probe.Wait]:
        window, session = self.window, self.session
        assert window is not None and session is not None
        rooms = RoomsOf(window)
        yield lambda: session.network is not None
        rooms.book.show_page(PageName.UNIT)
        yield window_probe.after(_SETTLE_S)
        yield from self._take("first")
        session.look_at(session.resolve(_EXAMPLE))
        yield from self._take("example")
        for name in _UNITS:
            session.visualise(session.resolve(name))
            yield partial(self._whole, name)
        rooms.book.show_page(PageName.MIX)
        yield from self._take("mix-empty")
        rooms.book.show_page(PageName.UNIT)
        session.visualise(session.resolve(_UNITS[0]))
        yield partial(self._whole, _UNITS[0])
        yield from self._take("unit")
        session.look_at(session.resolve(_UNITS[0]))
        rooms.book.show_page(PageName.LAYER)
        yield from self._take("layer")
        rooms.book.show_page(PageName.PHOTO)
        yield from self._take("photo-empty")
        photo = resources.files("dgn_explorer.resources").joinpath("example-best.jpg")
        rooms.desk.photo.take(photo.read_bytes(), "photo.jpg")
        yield lambda: rooms.desk.photo.input is not None
        rooms.desk.table["visualise"].trigger()
        yield self._ended
        yield from self._take("photo")
        for name in _UNITS[:2]:
            session.select(session.resolve(name))
            rooms.desk.table["add_to_combination"].trigger()
        rooms.book.show_page(PageName.MIX)
        rooms.desk.table["visualise"].trigger()
        yield lambda: self._ended() and len(session.display.order.units) == 2
        yield from self._take("mix")
        rooms.book.show_page(PageName.LIBRARY)
        yield from self._take("library")
        rooms.book.show_page(PageName.PRIOR)
        yield from self._take("generator")

    def _ended(self) -> bool:
        return self.session is not None and self.session.display.badge in _ENDED

    def _whole(self, name: str) -> bool:
        return self._ended() and self.session.display.label == name

    def _take(self, name: str) -> Iterator[window_probe.Wait]:
        window = self.window
        assert window is not None
        if self.pages and name not in self.pages:
            return
        for theme in ("light", "dark"):
            window.desk.table[f"theme_{theme}"].trigger()
            for size in self.sizes:
                width, height = (int(part) for part in size.split("x"))
                window.resize(width, height)
                yield window_probe.after(_SETTLE_S)
                QApplication.processEvents()
                ratio = round(100 * window.devicePixelRatioF())
                window.grab().save(str(self.folder / f"{name}-{size}-{theme}-{ratio}.png"))


_ENDED = ("Finished", "From cache")


def main() -> None:
    """Take them."""
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    Photographer.folder = Path(sys.argv[1])
    Photographer.sizes = tuple(one for one in sys.argv[2:] if one[0].isdigit()) or _SIZES
    Photographer.pages = tuple(one for one in sys.argv[2:] if not one[0].isdigit())
    home = Photographer.folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["DGN_EXPLORER_HOME"] = str(home)
    window_probe.watched(Photographer, _fail)


def _fail(error: DgnError) -> NoReturn:
    raise SystemExit(f"{error.message} {error.hint}")


if __name__ == "__main__":
    main()
