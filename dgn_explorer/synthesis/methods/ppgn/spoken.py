"""The condition of a caption: how likely a caption network is to say its words of an image.

Section 4.2 of Nguyen et al. (CVPR 2017): the gradients of log p of all words, each given the image
and the word before, added up.
"""

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs.caption_program import CaptionProgram, open_caption_program
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.methods.ppgn.condition import Read
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.synthesis.targets import Caption


class SpokenCondition:
    """The captions of a batch, one an image; in the place of a `Condition`."""

    def __init__(self, program: CaptionProgram, targets: Sequence[Caption]) -> None:
        self._program = program
        self._captions = [program.numbers(target.words) for target in targets]
        self.weights = torch.ones(1, len(targets))
        self.units = torch.zeros(0, len(targets), 4, dtype=torch.long)
        self.layout: Hashable = None  # captions have different lengths

    def read(self, rgb: Tensor, units: Tensor) -> Read:
        """The log-probability of each caption for its image, of ``rgb`` (N, 3, H, W) in [0, 1].

        There are no shares: nothing of the gradient of log p is left out.
        """
        self.weights = self.weights.to(rgb.device)
        rows = [
            self._program.log_p(image[None], caption)[0]
            for image, caption in zip(rgb, self._captions, strict=True)
        ]
        terms = torch.stack(rows)
        return Read([terms], torch.zeros_like(terms)[None].detach())

    def probability(self, read: Read) -> Tensor:
        """The geometric mean (N,) of the words' probabilities, in [0, 1]."""
        lengths = [len(caption) + 1 for caption in self._captions]
        terms = read.terms[0].detach()
        return (terms / torch.tensor(lengths, device=terms.device)).exp().clamp(max=1.0)

    def nearness(self, read: Read, highest: Tensor) -> Tensor:
        """The same: how far the images show their captions."""
        return self.probability(read)

    @torch.no_grad()
    def of_images(self, images: np.ndarray, device: torch.device) -> Tensor:
        """The log-probabilities (N,) for finished images (N, S, S, 3) uint8."""
        return self.read(from_uint8(images, device), self.units).terms[0].float()


def open_captioner(bench: Bench, recipe: Recipe) -> CaptionProgram | None:
    """The caption network that the recipe's inputs name, None if its target is no caption."""
    if not isinstance(recipe.target, Caption):
        return None
    program, vocabulary = recipe.input("captioner"), recipe.input("vocabulary")
    if program is None or vocabulary is None:
        missing = "captioner" if program is None else "vocabulary"
        raise DgnError(
            f"A caption needs the input {missing!r}.",
            "Give the exported caption network and its vocabulary: --captioner and --vocabulary.",
        )
    return open_caption_program(
        bench.read_input(program.sha256),
        bench.read_input(vocabulary.sha256),
        program.name or "The caption network",
        bench.device,
    )
