"""Making the sheet of pictures that comes with a prior: every class, piece by piece.

Each batch of classes is a small file of its own, so that what was cut short goes on from there, and
what came of an expensive machine can be carried away.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dgn_explorer.disk import write_file
from dgn_explorer.errors import DgnError
from dgn_explorer.machine.device import describe
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.results.record import Record, where_made
from dgn_explorer.results.shipped.sheet import Sheet, decoded, encoded, joined, sheet_of
from dgn_explorer.results.shipped.sheet_file import read_sheet, to_bytes
from dgn_explorer.results.thumbnails import fit
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.making import finish, make_together, versions
from dgn_explorer.synthesis.methods.table import METHODS
from dgn_explorer.synthesis.parameters import Parameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise
from dgn_explorer.synthesis.verdict import activations_of_images, classes_of_images

Report = Callable[[int, int], None]  # pictures done, of how many


@dataclass(frozen=True)
class SheetMaker:
    """Makes pictures of class units with what the window asks at first: the first of `METHODS`.

    ``numeric`` is the ascent's arithmetic; float32 is what most machines make a recipe with.
    Pictures have at most ``edge_px`` a side, as WebP of ``quality`` 1 to 100. ``folder`` takes the
    pieces, of ``batch`` pictures each.
    """

    network: Network
    prior: Prior
    folder: Path
    parameters: Parameters
    numeric: str
    edge_px: int
    quality: int
    batch: int

    def sheet(self, classes: Sequence[int], report: Report) -> Sheet:
        """The sheet of ``classes``; pieces that are there are not made again.

        Raises `DgnError` if one cannot be made or written.
        """
        size = min(self.batch, self.network.info.batch_limit or self.batch)
        parts = [list(classes[at : at + size]) for at in range(0, len(classes), size)]
        pieces = []
        for part in parts:
            pieces.append(self._piece(part))
            report(sum(len(piece.classes) for piece in pieces), len(classes))
        return joined(pieces)

    def recipe(self, index: int) -> Recipe:
        """What the picture of the class ``index`` is made by."""
        info, prior = self.network.info, self.prior.info
        return Recipe(
            info.name,
            info.fingerprint,
            prior.name,
            prior.fingerprint,
            Maximise.of(UnitAddress(info.output_layer, index)),
            method=METHODS[0].name,
            parameters=self.parameters,
            numeric=self.numeric,
        )

    def _piece(self, classes: list[int]) -> Sheet:
        path = self.folder / f"{classes[0]:05}-{classes[-1]:05}.safetensors"
        kept = self._kept(path)
        if kept is not None and kept.classes == classes:
            return kept
        made = self._made(classes)
        try:
            write_file(path, to_bytes(made))
        except OSError as error:
            raise DgnError(
                f"{path} cannot be written ({error}).", "Make room or choose another folder."
            ) from None
        return made

    def _kept(self, path: Path) -> Sheet | None:
        """A piece that is there and would be made just so; a damaged one is made again."""
        try:
            found = read_sheet(path) if path.is_file() else None
        except DgnError:
            return None
        if found is None:
            return None
        wanted = self.recipe(found.classes[0])
        here = where_made(str(self.network.device), self._versions())
        made = where_made(found.provenance.device, found.provenance.versions)
        alike = (found.recipe, found.quality, made) == (wanted, self.quality, here)
        return found if alike and found.edge_px == self._edge else None

    @property
    def _edge(self) -> int:
        return min(self.edge_px, self.prior.info.image_size)

    def _versions(self) -> dict[str, str]:
        """What decides the last bits, and the machine in words."""
        return {**versions(), "machine": describe(self.network.device)}

    def _made(self, classes: list[int]) -> Sheet:
        recipes = [self.recipe(index) for index in classes]
        records: tuple[Record, ...] = finish(make_together(recipes, self._bench()))
        tiles = [encoded(fit(record.image, self.edge_px), self.quality) for record in records]
        shown = np.stack([decoded(tile, self._edge) for tile in tiles])
        tops = classes_of_images(self.network, shown, self.prior)
        answers = activations_of_images(self.network, self.prior, recipes, shown)
        made = records[0].provenance
        return sheet_of(
            recipes[0],
            self.network.info.output_layer,
            self._edge,
            self.quality,
            replace(made, seconds=made.seconds * len(records), versions=self._versions()),
            tiles,
            {
                "classes": np.array(classes),
                "activations": answers.cpu().numpy(),
                "full_activations": np.array([record.activation for record in records]),
                "top_classes": np.array([[index for index, _ in top] for top in tops]),
                "top_probabilities": np.array([[share for _, share in top] for top in tops]),
            },
        )

    def _bench(self) -> Bench:
        def nothing(sha256: str) -> bytes:
            raise DgnError(f"There is no input {sha256}.", "The default recipe takes none.")

        return Bench(self.network, self.prior, nothing, lambda key: None, lambda: self.network)


@dataclass(frozen=True)
class SheetFacts:
    """What is to be known of a sheet before it is shipped.

    ``own_top1`` is the share of pictures in which the network sees their class first, ``kept`` the
    median of the compressed pictures' activations against those of the whole images.
    """

    pictures: int
    bytes: int
    own_top1: float
    kept: float
    seconds: float

    @classmethod
    def of(cls, sheet: Sheet, size_bytes: int) -> "SheetFacts":
        """Those of a sheet and its file."""
        arrays = sheet.arrays
        top = arrays["top_classes"]
        right = (top[:, 0] == arrays["classes"]).mean() if top.shape[1] else float("nan")
        kept = np.median(arrays["activations"] / arrays["full_activations"])
        return cls(
            len(sheet.classes), size_bytes, float(right), float(kept), sheet.provenance.seconds
        )
