"""What a record of the study "nearest" says, in one sentence; free of torch."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dgn_explorer.results.record import Record

SUSPICIOUS = 0.01  # of photographs have a nearer one of their own
SURE = 0.5  # of the rebuilt photographs have to be found, or the distances tell nothing


@dataclass(frozen=True)
class Nearness:
    """The distances of a record: `picture` to its nearest photograph, and the yardsticks.

    ``own`` (n,) are those of photographs to their nearest other, sorted; ``found`` is the share of
    rebuilt photographs that find themselves, None where none could be rebuilt.
    """

    picture: float
    own: np.ndarray
    controls: np.ndarray
    found: float | None

    @property
    def share_nearer(self) -> float:
        """The share of photographs that have a nearer one of their own."""
        return float(np.searchsorted(self.own, self.picture) / len(self.own))

    @property
    def suspicious(self) -> bool:
        """Whether the picture is nearer than photographs that are not copies of each other are."""
        return self.share_nearer < SUSPICIOUS

    @property
    def sentence(self) -> str:
        """What it comes to."""
        beside = (
            f"its nearest photograph is at {self.picture:.2f}, and {100 * self.share_nearer:.0f} %"
            " of the photographs have a nearer one of their own"
        )
        if self.found is None:
            control = "nothing was rebuilt to test this by"
        else:
            control = f"{100 * self.found:.0f} % of rebuilt photographs find themselves"
        if self.suspicious:
            return f"It may be remembered, look at both: {beside} ({control})."
        if self.found is not None and self.found < SURE:
            return f"Little can be said, for only {control}: {beside}."
        return f"No sign of memory: {beside} ({control})."


def nearness_of(record: Record) -> Nearness:
    """The distances of a record of the study "nearest"."""
    found = record.array("control_found")
    return Nearness(
        float(record.array("distance")[0]),
        record.array("own_distances"),
        record.array("control_distances"),
        float(found.mean()) if len(found) else None,
    )


def nearest_pictures(record: Record) -> list[np.ndarray]:
    """The small pictures (px, px, 3) uint8 of the nearest photographs, the nearest first."""
    data, begin, found = record.array("thumbnails").tobytes(), 0, []
    for end in record.array("thumbnail_ends").tolist():
        if end > begin:
            with Image.open(io.BytesIO(data[begin:end]), formats=("JPEG",)) as picture:
                found.append(np.array(picture.convert("RGB")))
        begin = end
    return found
