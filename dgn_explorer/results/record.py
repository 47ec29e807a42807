"""`Record`: an order and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer.studies.survey import Order
from dgn_explorer.synthesis.kinds import Kind, Part, Top, kind_named
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.sheet import tiled
from dgn_explorer.synthesis.start import FromCode, FromResult, Start

DONE, STOPPED = "done", "stopped"
STATES = (DONE, STOPPED)
_SHOWN = 100  # images or rows in a notebook


@dataclass(frozen=True)
class Provenance:
    """Where a record comes from.

    ``seconds`` is the time that computing it took, ``device`` the device in torch's words,
    ``created`` ISO 8601 UTC. ``versions`` names the programs, and what else decides the last bits
    of a number: CPU threads and instruction set.
    """

    seconds: float
    device: str
    created: str
    versions: Mapping[str, str] = field(default_factory=dict)


def where_made(device: str, versions: Mapping[str, str]) -> dict[str, str]:
    """What decides the last bits of a record besides its order, as plain texts to compare."""
    return {**versions, "device": device}


@dataclass(frozen=True)
class Record:
    """One finished or stopped order.

    ``parts`` are the named arrays that its kind and its method or study declare (see
    `synthesis.kinds`); ``trace`` (steps,) float32 is the target's value in every step, empty for
    surveys; ``state`` is ``done`` or ``stopped``; ``label`` the class names of its units.
    """

    order: Order
    parts: Mapping[str, "np.ndarray | tuple[str, ...]"] = field(repr=False)
    trace: np.ndarray = field(repr=False)
    state: str
    provenance: Provenance
    label: str = ""

    @property
    def key(self) -> str:
        """The order's key."""
        return self.order.key

    @property
    def kind(self) -> Kind:
        """What it holds."""
        return kind_named(self.order.about.makes)

    @property
    def recipe(self) -> Recipe:
        """The order of synthesised images; raises `TypeError` for a survey."""
        if not isinstance(self.order, Recipe):
            raise TypeError(f"{self.order.study} synthesises nothing")
        return self.order

    @property
    def own_parts(self) -> dict[str, "np.ndarray | tuple[str, ...]"]:
        """The parts that its method made, without what the network says of the images."""
        return {name: part for name, part in self.parts.items() if not name.startswith("top_")}

    def array(self, name: str) -> np.ndarray:
        """The part called ``name``; raises `KeyError` if there is none, `TypeError` for texts."""
        part = self.parts[name]
        if not isinstance(part, np.ndarray):
            raise TypeError(f"{name} is a list of texts")
        return part

    @property
    def count(self) -> int:
        """How many images, maps or rows it holds."""
        counted = self.kind.counted or next(iter(self.columns), "")
        return len(self.parts[counted]) if counted else 0

    @property
    def images(self) -> np.ndarray:
        """All images (N, H, W, 3) uint8 RGB."""
        return self.array("images")

    @property
    def image(self) -> np.ndarray:
        """The first image (H, W, 3) uint8 RGB."""
        first: np.ndarray = self.images[0]
        return first

    @property
    def picture(self) -> np.ndarray:
        """What there is to look at (H, W, 3) uint8: the image, or all of them as a sheet.

        Of maps: over their photograph, or those of a layer as a sheet.
        """
        if "maps" in self.parts:
            from dgn_explorer.export.map_picture import map_picture

            return map_picture(self.array("maps"), self._seen)
        return tiled(self.images) if self.count > 1 else self.image

    @property
    def _seen(self) -> np.ndarray | None:
        return self.array("seen") if "seen" in self.parts else None

    @property
    def codes(self) -> np.ndarray:
        """The codes (N, K) float32 that made the images."""
        return self.array("codes")

    @property
    def code(self) -> np.ndarray:
        """The first image's code (K,)."""
        first: np.ndarray = self.codes[0]
        return first

    @property
    def next_start(self) -> Start:
        """Where a recipe starts that goes on from this record and can be made again later.

        A finished record stays what it is, so it is named; a stopped one may be gone or longer by
        then, so its code itself is the start. Methods without a prior begin where it began.
        """
        if self.state == DONE:
            return FromResult(self.key)
        return FromCode.of(self.code) if self.recipe.about.with_prior else self.recipe.start

    @property
    def steps(self) -> int:
        """How many steps were done; 0 for surveys."""
        return len(self.trace)

    @property
    def first_activation(self) -> float:
        """The target's value in the first step; NaN where no step has one."""
        return float(self.trace[0]) if len(self.trace) else float("nan")

    @property
    def activation(self) -> float:
        """The target's value for the first image; NaN where there is none."""
        if "activations" in self.parts:
            return self.activation_of(0)
        return float(self.trace[-1]) if len(self.trace) else float("nan")

    def activation_of(self, number: int) -> float:
        """The target's value for the image ``number``, of its first unit if there are several."""
        if "activations" in self.parts:
            return float(self.array("activations")[number, 0])
        return self.activation if number == 0 else float("nan")

    @property
    def top(self) -> Top:
        """The network's best classes of the first image with their probabilities, best first."""
        return self.tops[0] if self.tops else ()

    @property
    def tops(self) -> tuple[Top, ...]:
        """`top` of every image; empty for networks without class names."""
        if "top_classes" not in self.parts:
            return ()
        classes, shares = self.array("top_classes"), self.array("top_probabilities")
        return tuple(
            tuple(zip(row.tolist(), share.tolist(), strict=True))
            for row, share in zip(classes, shares, strict=True)
        )

    def save(self, path: str | Path) -> list[Path]:
        """Write the images to ``path`` as PNG files that carry the recipe.

        Several images go to ``name 1 of 9.png`` and so on; maps are one picture. Returns the files
        written; raises `DgnError` if one cannot be, and `TypeError` for a table.
        """
        from dgn_explorer.export.png import paths_for, save_png  # Pillow is slow to import

        if "maps" in self.parts:
            save_png(Path(path), self.picture, self.order)
            return [Path(path)]
        targets = paths_for(Path(path), self.count)
        for target, image in zip(targets, self.images, strict=True):
            save_png(target, image, self.recipe)
        return targets

    def rows(self) -> list[dict[str, Any]]:
        """The rows of a table, one dictionary each."""
        columns = {
            name: list(part) if isinstance(part, tuple) else part.tolist()
            for name, part in self.columns.items()
        }
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    @property
    def columns(self) -> "Mapping[str, np.ndarray | tuple[str, ...]]":
        """The parts with an entry for each image, map or row."""
        declared = declared_parts(self.order.about.makes, self.order.about.parts)
        return {name: part for name, part in self.parts.items() if declared[name].each}

    def _repr_png_(self) -> bytes | None:
        """The picture in a notebook: of one image, or of maps."""
        from dgn_explorer.export.png import encode_png

        alone = "images" in self.parts and self.count == 1
        return encode_png(self.picture, self.order) if alone or "maps" in self.parts else None

    def _repr_html_(self) -> str | None:
        """The pictures in a notebook: of several images; a table of a table."""
        from dgn_explorer.export.html import images_html, table_html

        if "images" in self.parts and self.count > 1:
            return images_html(self.images[:_SHOWN])
        return table_html(self.rows()[:_SHOWN]) if self.kind.name == "table" else None


def declared_parts(about_makes: str, extra: tuple[Part, ...]) -> dict[str, Part]:
    """All parts that a record may hold: those of its kind, then those of its method or study."""
    return {part.name: part for part in (*kind_named(about_makes).parts, *extra)}
