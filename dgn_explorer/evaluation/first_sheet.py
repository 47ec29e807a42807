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
from dgn_explorer.results.record import Record
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

_SUFFIX = ".safetensors"
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
        """The sheet of ``classes``; pieces that are there, of any machine, are not made again.

        Raises `DgnError` if one cannot be made or written.
        """
        pieces = self._kept(classes)
        there = {index for piece in pieces for index in piece.classes}
        missing = [index for index in classes if index not in there]
        size = min(self.batch, self.network.info.batch_limit or self.batch)
        report(len(there), len(classes))
        for at in range(0, len(missing), size):
            pieces.append(self._piece(missing[at : at + size]))
            report(len(there) + min(at + size, len(missing)), len(classes))
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
        path = self.folder / f"{classes[0]:05}-{classes[-1]:05}{_SUFFIX}"
        made = self._made(classes)
        try:
            write_file(path, to_bytes(made))
        except OSError as error:
            raise DgnError(
                f"{path} cannot be written ({error}).", "Make room or choose another folder."
            ) from None
        return made

    def _kept(self, classes: Sequence[int]) -> list[Sheet]:
        """The pieces that are there, would be made just so, and hold nothing else than wanted."""
        found: list[Sheet] = []
        left = set(classes)
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            try:
                piece = read_sheet(path)
            except DgnError:  # a damaged one is made again
                continue
            if piece is not None and left.issuperset(piece.classes) and self._would_make(piece):
                found.append(piece)
                left.difference_update(piece.classes)
        return found

    def _would_make(self, piece: Sheet) -> bool:
        wanted = self.recipe(piece.classes[0]), self._edge, self.quality
        return (piece.recipe, piece.edge_px, piece.quality) == wanted

    @property
    def _edge(self) -> int:
        return min(self.edge_px, self.prior.info.image_size)

    def _made(self, classes: list[int]) -> Sheet:
        recipes = [self.recipe(index) for index in classes]
        records: tuple[Record, ...] = finish(make_together(recipes, self._bench()))
        tiles = [encoded(fit(record.image, self.edge_px), self.quality) for record in records]
        shown = np.stack([decoded(tile, self._edge) for tile in tiles])
        tops = classes_of_images(self.network, shown, self.prior)
        answers = activations_of_images(self.network, self.prior, recipes, shown)
        one = records[0].provenance
        versions_here = {**versions(), "machine": describe(self.network.device)}
        made = replace(one, seconds=one.seconds * len(records), versions=versions_here)
        return sheet_of(
            recipes[0],
            self.network.info.output_layer,
            self._edge,
            self.quality,
            [(classes[0], made)],
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
            len(sheet.classes),
            size_bytes,
            float(right),
            float(kept),
            sum(where.seconds for _, where in sheet.made),
        )
