"""`Bench`: network, prior, encoder, inputs and device, opened once for everything that computes."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import Network
from dgn_explorer.photos.collection import Collection, Collections
from dgn_explorer.photos.concepts.concept_set import ConceptSet, ConceptSets
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.masks import decode_mask
from dgn_explorer.photos.reading import decode_photo
from dgn_explorer.priors.encoding import encode
from dgn_explorer.priors.inversion import invert
from dgn_explorer.priors.prior import Prior
from dgn_explorer.synthesis.draft import Draft, InMemory
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.progress import Progress
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.start import FromCode, FromPhoto, FromResult
from dgn_explorer.synthesis.step import from_uint8


@dataclass(frozen=True)
class Bench:
    """What an order needs, all on one device.

    ``prior`` is None for methods and studies that need none. ``read_input`` gives the bytes of an
    input by SHA-256, ``stored_code`` the code (K,) of a stored result by key or None, and
    ``open_encoder`` the network that the prior inverts, or None if that cannot be opened.
    ``photo_sets`` opens photo sets, for what works on them, and ``draft`` gives where a long recipe
    keeps what it has made so far. ``concept_sets`` opens concept sets, and has room for what is
    unfinished.
    """

    network: Network
    prior: Prior | None
    read_input: Callable[[str], bytes]
    stored_code: Callable[[str], np.ndarray | None]
    open_encoder: Callable[[], Network | None]
    photo_sets: Collections | None = None
    draft: Callable[[Recipe], Draft] = field(default=lambda recipe: InMemory())
    concept_sets: ConceptSets | None = None

    @property
    def device(self) -> torch.device:
        """Where everything is computed."""
        return self.network.device

    def photo(self, given: Input) -> np.ndarray:
        """An input photograph as `decode_photo` gives it; raises `DgnError`."""
        return decode_photo(self.read_input(given.sha256), given.name or given.role)

    def mask(self, given: Input) -> np.ndarray:
        """An input mask (H, W) float32 in [0, 1], upright; raises `DgnError`."""
        return decode_mask(self.read_input(given.sha256), given.name or given.role)

    def collection(self, given: Input) -> Collection:
        """An input photo set, which the caller closes; raises `DgnError`."""
        if self.photo_sets is None:
            raise DgnError("There are no photo sets here.", "Run it with a store of results.")
        return self.photo_sets.open(given.sha256)

    def concepts(self, given: Input) -> ConceptSet:
        """An input concept set, which the caller closes; raises `DgnError`."""
        if self.concept_sets is None:
            raise DgnError("There are no concept sets here.", "Run it with a store of results.")
        return self.concept_sets.open(given.sha256)

    def start(self, recipe: Recipe) -> Generator[Progress[Any], None, np.ndarray | None]:
        """The first code (1, K) of ``recipe``, None for a random one; raises `DgnError`.

        A generator, because seeking the code of a photograph without the encoder takes a while.
        """
        match recipe.start:
            case FromCode() as given:
                return given.code[None]
            case FromResult(key):
                code = self.stored_code(key)
                if code is None:
                    raise DgnError(
                        f"The starting point {key!r} is not in the store.",
                        "Start from a random code instead.",
                    )
                return code[None]
            case FromPhoto(role):
                given_photo = recipe.input(role)
                assert given_photo is not None and self.prior is not None  # the recipe has checked
                return (yield from self.code_of(self.prior, self.photo(given_photo)))
        return None

    def code_of(
        self, prior: Prior, photo: np.ndarray
    ) -> Generator[Progress[Any], None, np.ndarray]:
        """The code (1, K) of a ``photo`` (H, W, 3) uint8, within the prior's bounds."""
        encoder, info = self.open_encoder(), prior.info
        size = info.image_size if encoder is None else info.encoder.input_size
        rgb = from_uint8(middle_square(photo, size)[None], prior.device)
        if encoder is not None:
            code = encode(prior, encoder, rgb)
        else:
            code = yield from _reported(invert(prior, rgb))
        clamped: np.ndarray = prior.space.clamp(code).float().cpu().numpy()
        return clamped


def _reported(
    seeking: Generator[tuple[int, int], None, Tensor],
) -> Generator[Progress[Any], None, Tensor]:
    while True:
        try:
            done, total = next(seeking)
        except StopIteration as end:
            found: Tensor = end.value
            return found
        yield Progress(done, total)
