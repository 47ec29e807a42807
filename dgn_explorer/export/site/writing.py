"""Writing a site: the page, its data in scripts of 100 units, sprite sheets and images."""

import html
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dgn_explorer.disk import write_file
from dgn_explorer.errors import DgnError
from dgn_explorer.export.site.folder import Unsynced, whole_folder
from dgn_explorer.export.site.pages import Layer, NetworkPages, Shown, Table, UnitPage
from dgn_explorer.export.site.scripts import script
from dgn_explorer.export.site.sprites import ACROSS, TILE_PX, Sprites
from dgn_explorer.version import __version__

FORMAT = 1
CHUNK = 100  # units whose details are one script
_QUALITY = 90

OnCount = Callable[[int, int], None]  # how many pages are written, of how many


@dataclass(frozen=True)
class SiteReport:
    """How many units and images a site shows, and its size."""

    units: int
    images: int
    bytes: int


def write_site(
    path: Path,
    networks: Sequence[NetworkPages],
    *,
    title: str,
    lossless: bool = False,
    overwrite: bool = False,
    progress: OnCount = lambda done, total: None,
) -> SiteReport:
    """Write a site of ``networks`` to the folder ``path``, whole or not at all.

    Images are WebP, or with ``lossless`` PNG. Raises `DgnError` if there is nothing to show, or for
    a folder that is not ours (see `folder.whole_folder`).
    """
    total = sum(layer.count for network in networks for layer in network.layers)
    if not total:
        raise DgnError("There is no result to show.", "Make some first, or choose others.")
    with whole_folder(path, overwrite) as folder:
        writer = _Writer(folder, lossless)
        index = [_index(network, writer, progress, total) for network in networks]
        if not writer.units:
            raise DgnError(
                "Every result is one that was left out, because it holds or starts from a"
                " photograph or cannot be read.",
                "Allow photographs, or choose other results.",
            )
        writer.end()
        settings: dict[str, Any] = {
            "format": FORMAT,
            "chunk": CHUNK,
            "tile": TILE_PX,
            "across": ACROSS,
        }
        writer.file(
            "data/index.js",
            script("index", {**settings, "networks": [one for one in index if one["layers"]]}),
        )
        for name in ("site.css", "site-list.js", "site.js"):
            writer.file(name, _resource(name).encode())
        shell = _resource("site.html").replace("{version}", html.escape(__version__))
        writer.file("index.html", shell.replace("{title}", html.escape(title)).encode())
        return SiteReport(writer.units, writer.images, writer.bytes)


def _index(
    network: NetworkPages, writer: "_Writer", progress: OnCount, total: int
) -> dict[str, Any]:
    layers = ((layer.path, writer.layer(layer, progress, total)) for layer in network.layers)
    there = [{"path": path, "units": units} for path, units in layers if units]
    return {"id": network.id, "name": network.name, "layers": there}


class _Writer:
    """Writes files below one folder and counts them."""

    def __init__(self, folder: Path, lossless: bool) -> None:
        self._folder = folder
        self._lossless = lossless
        self._fs = Unsynced()
        self._sprites = Sprites()
        self._sheets = self._chunks = 0
        self._details: list[dict[str, Any]] = []
        self.units = self.images = self.bytes = 0

    def file(self, name: str, data: bytes) -> str:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, data, self._fs)
        self.bytes += len(data)
        return name

    def layer(self, layer: Layer, progress: OnCount, total: int) -> list[list[Any]]:
        """Write the pages of a layer; a line for the index of each."""
        lines = []
        for page in layer.pages():
            first = _first_picture(page)
            self._sheet(self._sprites.add(first))
            self._details.append(self._detail(page))
            if len(self._details) == CHUNK:
                self._chunk()
            self.units += 1
            images = sum(len(shown.images) for shown in page.shown)
            lines.append([page.address, page.label, page.notes, images, int(first is not None)])
            progress(self.units, total)
        return lines

    def end(self) -> None:
        """Write what is begun."""
        self._sheet(self._sprites.end())
        if self._details:
            self._chunk()

    def _chunk(self) -> None:
        value = {"number": self._chunks, "units": self._details}
        self.file(f"data/units-{self._chunks}.js", script("units", value))
        self._chunks += 1
        self._details = []

    def _sheet(self, full: list[bytes]) -> None:
        for data in full:
            self.file(f"sprites/{self._sheets}.webp", data)
            self._sheets += 1

    def _detail(self, page: UnitPage) -> dict[str, Any]:
        return {
            "open": page.open,
            "shown": [self._shown(one) for one in page.shown],
            "tables": [
                self._table(table, f"{self.units}-{number}")
                for number, table in enumerate(page.tables)
            ],
        }

    def _shown(self, one: Shown) -> dict[str, Any]:
        # The key's first digits spread the files over 256 folders.
        names = [f"images/{one.key[:2]}/{one.key}-{n}" for n in range(len(one.images))]
        height, width = one.images.shape[1:3]
        return {
            "key": one.key,
            "method": one.method,
            "title": one.title,
            "address": one.address,
            "label": one.label,
            "images": list(self._pictures(names, one.images)),
            "size": [width, height],
            "values": [float(value) for value in one.values],
            "classes": [list(map(list, classes)) for classes in one.classes],
            "facts": list(map(list, one.facts)),
            "recipe": one.recipe,
            "make": one.make,
        }

    def _table(self, table: Table, name: str) -> dict[str, Any]:
        names = [f"images/tables/{name}-{n}" for n in range(len(table.pictures))]
        return {
            "title": table.title,
            "names": list(table.names),
            "rows": [list(row) for row in table.rows],
            "pictures": list(self._pictures(names, table.pictures)),
        }

    def _pictures(
        self, names: Sequence[str], images: Sequence[np.ndarray] | np.ndarray
    ) -> Iterator[str]:
        suffix = "png" if self._lossless else "webp"
        for name, image in zip(names, images, strict=True):
            buffer = io.BytesIO()
            picture = Image.fromarray(np.ascontiguousarray(image))
            how = {} if self._lossless else {"quality": _QUALITY}
            picture.save(buffer, suffix, **how)
            self.images += 1
            yield self.file(f"{name}.{suffix}", buffer.getvalue())


def _first_picture(page: UnitPage) -> np.ndarray | None:
    image: np.ndarray
    for shown in page.shown:
        for image in shown.images:
            return image
    for table in page.tables:
        for image in table.pictures:
            return image
    return None


def _resource(name: str) -> str:
    return resources.files("dgn_explorer.resources").joinpath(name).read_text(encoding="utf-8")
