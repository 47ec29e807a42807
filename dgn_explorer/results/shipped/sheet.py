"""A sheet of small pictures that comes with the program: every class through one prior.

It shows a stranger what the program is about before any step ran. A picture of it is no stored
result: it is a compressed copy of one, with the recipe that makes the whole again. Its numbers are
those of the copy, as it is decoded and shown.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import DONE, Provenance, Record, where_made
from dgn_explorer.synthesis.kinds import Part
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

MOST_BYTES = 16 << 20
AGAIN = "Make it again with: dgn-explorer prior sheet"
_MOST = 100_000  # pictures

# tiles are WebP files one behind another, ``ends`` where each ends; activations and best classes
# are those of the tiles as they are decoded, full_activations of the images that they are copies of
PARTS = (
    Part("classes", "<i4", 1, _MOST),
    Part("tiles", "|u1", 1, MOST_BYTES, each=False),
    Part("ends", "<i8", 1, _MOST),
    Part("activations", "<f4", 1, _MOST),
    Part("full_activations", "<f4", 1, _MOST),
    Part("top_classes", "<i4", 2, 16 * _MOST),
    Part("top_probabilities", "<f4", 2, 16 * _MOST),
)


@dataclass(frozen=True)
class Sheet:
    """N small pictures of a layer's units, ascending by unit, and what the network sees in them.

    ``recipe`` is that of the first one. ``arrays`` are the `PARTS`; ``edge_px`` is the side of a
    picture and ``quality`` WebP's, 1 to 100. ``made`` says where they come from: each entry is for
    the units from its own up to the next entry's, and its seconds are those of all of them.
    """

    recipe: Recipe
    layer: str
    edge_px: int
    quality: int
    made: tuple[tuple[int, Provenance], ...]
    arrays: Mapping[str, np.ndarray] = field(repr=False)

    @property
    def classes(self) -> list[int]:
        """The units' indices."""
        found: list[int] = self.arrays["classes"].tolist()
        return found

    @cached_property
    def _places(self) -> dict[int, int]:
        return {index: place for place, index in enumerate(self.classes)}

    def __contains__(self, index: int) -> bool:
        return index in self._places

    def tile(self, index: int) -> bytes:
        """The WebP file of a unit's picture."""
        place, ends = self._places[index], self.arrays["ends"]
        first = int(ends[place - 1]) if place else 0
        return self.arrays["tiles"][first : int(ends[place])].tobytes()

    def picture(self, index: int) -> np.ndarray:
        """A unit's picture (S, S, 3) uint8; raises `DgnError` if it cannot be decoded."""
        return decoded(self.tile(index), self.edge_px)

    def activation(self, index: int) -> float:
        """How strongly the unit answers to the picture as it is here."""
        return float(self.arrays["activations"][self._places[index]])

    def provenance_of(self, index: int) -> Provenance:
        """Where the picture of a unit was made, with its share of the seconds."""
        at = sum(first <= index for first, _ in self.made) - 1
        after = self.made[at + 1][0] if at + 1 < len(self.made) else self.classes[-1] + 1
        first, found = self.made[at]
        return replace(found, seconds=found.seconds / sum(first <= n < after for n in self.classes))

    def recipe_of(self, index: int) -> Recipe:
        """What the whole image of a unit was made by, and can be made by again."""
        return self.recipe.with_target(Maximise.of(UnitAddress(self.layer, index)))

    def record(self, index: int, label: str = "") -> Record:
        """The picture as a record that is in no store: of its trace only the end is known.

        Its numbers are those of the compressed picture. Raises `DgnError` as `picture` does.
        """
        recipe, place = self.recipe_of(index), self._places[index]
        trace = np.full(max(1, getattr(recipe.parameters, "steps", 1)), np.nan, np.float32)
        trace[-1] = self.activation(index)
        parts: dict[str, np.ndarray | tuple[str, ...]] = {"images": self.picture(index)[None]}
        if self.arrays["top_classes"].shape[1]:
            for name in ("top_classes", "top_probabilities"):
                parts[name] = self.arrays[name][place : place + 1]
        return Record(recipe, parts, trace, DONE, self.provenance_of(index), label)


def encoded(picture: np.ndarray, quality: int) -> bytes:
    """A picture (S, S, 3) uint8 as a WebP file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()


def decoded(tile: bytes, edge_px: int) -> np.ndarray:
    """`encoded` back, which must be a square of ``edge_px``; raises `DgnError` if it is not."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(tile), formats=("WEBP",)) as image:
            if image.size != (edge_px, edge_px):
                raise ValueError(f"it has {image.size[0]} by {image.size[1]} pixels")
            return np.array(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, MemoryError) as error:
        raise DgnError(f"A picture of the sheet cannot be decoded ({error}).", AGAIN) from None


def sheet_of(
    recipe: Recipe,
    layer: str,
    edge_px: int,
    quality: int,
    made: Sequence[tuple[int, Provenance]],
    tiles: Sequence[bytes],
    columns: Mapping[str, np.ndarray],
) -> Sheet:
    """A sheet of ``tiles`` and ``columns``, the other `PARTS` but ``ends``."""
    arrays: dict[str, np.ndarray] = {
        "tiles": np.frombuffer(b"".join(tiles), np.uint8),
        "ends": np.cumsum([len(tile) for tile in tiles], dtype=np.int64),
    }
    for part in PARTS:
        if part.name in columns:
            arrays[part.name] = np.ascontiguousarray(columns[part.name], np.dtype(part.dtype))
    return Sheet(recipe, layer, edge_px, quality, tuple(made), arrays)


def joined(sheets: Sequence[Sheet]) -> Sheet:
    """Sheets of parts of a layer as one, wherever each was made."""
    ordered = sorted(sheets, key=lambda sheet: sheet.classes[0])
    first = ordered[0]
    each = [part.name for part in PARTS if part.each and part.name != "ends"]
    return sheet_of(
        first.recipe,
        first.layer,
        first.edge_px,
        first.quality,
        _in_runs([entry for sheet in ordered for entry in sheet.made]),
        [sheet.tile(index) for sheet in ordered for index in sheet.classes],
        {name: np.concatenate([sheet.arrays[name] for sheet in ordered]) for name in each},
    )


def _in_runs(made: Sequence[tuple[int, Provenance]]) -> list[tuple[int, Provenance]]:
    """What was made in one place one after another as one entry: seconds added, the newest date."""
    found: list[tuple[int, Provenance]] = []
    for index, one in made:
        first, last = found[-1] if found else (index, None)
        if last is not None and _where(last) == _where(one):
            seconds, created = last.seconds + one.seconds, max(last.created, one.created)
            found[-1] = first, replace(one, seconds=seconds, created=created)
        else:
            found.append((index, one))
    return found


def _where(made: Provenance) -> dict[str, str]:
    return where_made(made.device, made.versions)
