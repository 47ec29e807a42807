"""`Kept`: the images of a set so far, and which of a new group join it."""

from dataclasses import dataclass, field

import numpy as np

from dgn_explorer.networks.network import Network
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.kinds import top_parts
from dgn_explorer.synthesis.methods.inverse_set.about import GROWN, JOINT
from dgn_explorer.synthesis.progress import Made
from dgn_explorer.synthesis.ranges import are_inside
from dgn_explorer.synthesis.targets import InRange
from dgn_explorer.synthesis.verdict import Classes, classes_of_images, readings_of_images

_MARGIN = 0.01  # of a band's width: so that another machine's rounding puts no image outside


@dataclass(frozen=True)
class Sample:
    """One image (H, W, 3) uint8 that is inside, with everything that is kept of it.

    ``features`` (D,) have unit length; ``parent`` is the place of the image that it grew from, -1
    for none; ``tries`` how often it was drawn.
    """

    image: np.ndarray
    code: np.ndarray
    activations: np.ndarray
    features: np.ndarray
    top: Classes
    parent: int
    tries: int


@dataclass
class Kept:
    """The samples so far, in the order in which they were found."""

    network: Network
    prior: Prior
    target: InRange
    apart: float
    samples: list[Sample] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def features(self) -> np.ndarray:
        """(N, D) of unit length; (0, 1) of none."""
        if not self.samples:
            return np.zeros((0, 1), np.float32)
        return np.stack([sample.features for sample in self.samples])

    def join(
        self, images: np.ndarray, codes: np.ndarray, parents: list[int], tries: list[int]
    ) -> list[bool]:
        """Take those ``images`` (N, H, W, 3) uint8 that are inside and unlike the others.

        They are read again from these pixels. Returns which were taken.
        """
        activations, features = readings_of_images(
            self.network, self.prior, self.target.units, images
        )
        features = features / np.linalg.norm(features, axis=1, keepdims=True).clip(1e-12)
        inside = are_inside(self.target, activations, _MARGIN)
        tops = classes_of_images(self.network, images, self.prior)
        taken = []
        for row in range(len(images)):
            near = self.samples and (self.features @ features[row]).max() > 1 - self.apart
            taken.append(bool(inside[row]) and not near)
            if taken[-1]:
                self.samples.append(
                    Sample(
                        images[row],
                        codes[row],
                        activations[row],
                        features[row],
                        tops[row],
                        parents[row],
                        tries[row],
                    )
                )
        return taken


def pieces(samples: tuple[Sample, ...]) -> dict[str, "np.ndarray | tuple[str, ...]"]:
    """The parts of ``samples`` that stand side by side; none of no samples."""
    if not samples:
        return {}
    return {
        "images": np.stack([sample.image for sample in samples]),
        "codes": np.stack([sample.code for sample in samples]),
        "activations": np.stack([sample.activations for sample in samples]),
        "features": np.stack([sample.features for sample in samples]),
        "parents": np.array([sample.parent for sample in samples], np.int32),
        "tries": np.array([sample.tries for sample in samples], np.int32),
        **top_parts(tuple(sample.top for sample in samples)),
    }


def samples_of(made: Made) -> list[Sample]:
    """The samples whose `pieces` a draft has kept."""
    parts = {name: np.asarray(part) for name, part in made.parts.items()}
    return [
        Sample(
            parts["images"][row],
            parts["codes"][row],
            parts["activations"][row],
            parts["features"][row],
            _top(parts, row),
            int(parts["parents"][row]),
            int(parts["tries"][row]),
        )
        for row in range(len(parts.get("images", ())))
    ]


def _top(parts: dict[str, np.ndarray], row: int) -> Classes:
    if "top_classes" not in parts:
        return ()
    classes, shares = parts["top_classes"][row], parts["top_probabilities"][row]
    return tuple(zip(classes.tolist(), shares.tolist(), strict=True))


def made(samples: tuple[Sample, ...], trace: np.ndarray) -> Made:
    """The parts of a record of these samples."""
    parts = pieces(samples)
    features = np.asarray(parts.pop("features"))
    distances = 1 - features @ features.T
    np.fill_diagonal(distances, 0.0)
    phases = tuple(JOINT if sample.parent < 0 else GROWN for sample in samples)
    return Made({**parts, "distances": distances.astype(np.float32), "phases": phases}, trace)
