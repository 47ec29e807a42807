"""What a record of the method "facets" says of each facet; free of torch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dgn_explorer.export.site.pages import Table
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.methods.facets.about import FLAGGED


@dataclass(frozen=True)
class Facet:
    """One kind of photographs that a unit answers to.

    ``share`` is that of the unit's photographs, ``stability`` how much of it is found again in part
    of them, ``activation`` that of its image and ``photo_activation`` the mean of its photographs.
    ``cosine`` is how near the image's features are to the facet's mean ones, and ``own`` whether
    no other facet's are nearer. ``flagged``: the image excites the unit less than half as much as
    the best facet's does. If its photographs do so too this is hardly a facet of this unit; else
    it is the image that fails (`remark`).
    """

    number: int
    share: float
    stability: float
    activation: float
    photo_activation: float
    cosine: float
    own: bool
    flagged: bool
    weak_photos: bool

    @property
    def remark(self) -> str:
        """What to think of a facet that is flagged; empty for others."""
        if not self.flagged:
            return ""
        weak = "hardly a facet of this unit"
        return weak if self.weak_photos else "its image fails: its photographs excite the unit"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        values = dict(vars(self))
        return {"facet": values.pop("number"), **values}


def facets_of(record: Record) -> list[Facet]:
    """The facets of a record, the largest first."""
    activations = record.array("activations")[:, 0]
    best = float(activations.max())
    best_photos = float(record.array("photo_activations").max())
    columns = (
        *(record.array(name).tolist() for name in ("shares", "stability")),
        activations.tolist(),
        *(record.array(name).tolist() for name in ("photo_activations", "cosines")),
        record.array("nearest_facet").tolist(),
    )
    return [
        Facet(
            number,
            share,
            stability,
            activation,
            photos,
            cosine,
            nearest == number,
            best > 0 and activation < FLAGGED * best,
            photos < FLAGGED * best_photos,
        )
        for number, (share, stability, activation, photos, cosine, nearest) in enumerate(
            zip(*columns, strict=True)
        )
    ]


def facet_rows(record: Record) -> np.ndarray:
    """The pictures of every facet in a row (k, 5, S, S, 3) uint8.

    Three photographs of it, their mean image, and the image that was made.
    """
    means, images = record.array("mean_images"), record.images
    rows: np.ndarray = np.concatenate(
        [record.array("examples"), means[:, None], images[:, None]], 1
    )
    return rows


def facet_table(record: Record) -> Table:
    """A row for each facet, and three photographs of each, for a site."""
    rows = [
        [
            str(facet.number + 1),
            f"{facet.share:.0%}",
            f"{facet.stability:.2f}",
            f"{facet.activation:.3g}",
            f"{facet.photo_activation:.3g}",
            facet.remark,
        ]
        for facet in facets_of(record)
    ]
    names = ["kind", "share of the photographs", "found again", "activation of its image"]
    examples = record.array("examples")
    return Table(
        "Kinds of photographs",
        [*names, "of its photographs", "remark"],
        rows,
        [picture for facet in examples for picture in facet],
    )
