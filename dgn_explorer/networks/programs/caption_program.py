"""Caption networks of users: an exported program from an image and a word to the next word.

The program is what ``torch.export.save`` writes of a module ``(image, previous) -> log p``: image
(1, 3, S, S) RGB in [0, 1], previous (1,) int64, and log-probabilities (1, V + 1) of every word,
as the caption experiment of Nguyen et al. (CVPR 2017) asks its own network
(`sampling_caption.py` of the authors' code: one word a pass, with the word before it). The
vocabulary is a text of V words, one a line; the word in line n, from 1, has the number n, and 0
begins and ends a caption.
"""

import io
import logging
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.network import resize
from dgn_explorer.networks.pass_memory import checked_pass, checked_work, watch
from dgn_explorer.networks.programs.confined import CAPTIONS, require_opens
from dgn_explorer.networks.programs.exported import harmless
from dgn_explorer.networks.programs.exported_graphs import for_cpu, made_ready
from dgn_explorer.networks.programs.limits import Deadline
from dgn_explorer.networks.programs.program_loader import unreadable

_EDGE = 0  # the number before a caption's first word, and after its last
_EXPORT = (
    "Export a module (image (1, 3, S, S), previous word (1,) int64) -> log-probabilities (1, V + 1)"
    " with torch.export.save."
)
_MOST_WORDS = 1_000_000


class CaptionProgram:
    """A caption network with its vocabulary, ready on one device."""

    def __init__(self, module: nn.Module, size: int, words: Sequence[str]) -> None:
        self._module, self._size = module, size
        self._numbers = {word: number for number, word in enumerate(words, 1)}

    def numbers(self, caption: Sequence[str]) -> list[int]:
        """The numbers of a caption's words; raises `DgnError` for one that it does not know."""
        unknown = [word for word in caption if word not in self._numbers]
        if unknown:
            raise DgnError(
                f"The caption network does not know the word {unknown[0][:80]!r}.",
                "Use the words of its vocabulary.",
            )
        return [self._numbers[word] for word in caption]

    def log_p(self, rgb: Tensor, caption: Sequence[int]) -> Tensor:
        """The sum (N,) over the words of log p(word | image, word before), and of the end.

        ``rgb`` (N, 3, H, W) lies in [0, 1] and is seen in the program's own size.
        """
        images = resize(rgb.float(), self._size)
        pairs = list(zip([_EDGE, *caption], [*caption, _EDGE], strict=True))
        return torch.stack([self._sum(image[None], pairs) for image in images])

    def _sum(self, image: Tensor, pairs: Sequence[tuple[int, int]]) -> Tensor:
        total = image.new_zeros(())
        for before, word in pairs:
            previous = torch.tensor([before], device=image.device)
            with checked_pass(self._module, image):
                total = total + self._module(image, previous)[0, word]
        return total


def open_caption_program(
    data: bytes, vocabulary: bytes, source: str, device: torch.device
) -> CaptionProgram:
    """Open an exported program and its vocabulary; raises `DgnError`.

    Reading the file runs nothing of it, only operations on the list of `operations` may be in it,
    and it has been tried in a confined process, as every program.
    """
    words = _words(vocabulary)
    deadline = Deadline.begin()
    archive = harmless(data, source).getvalue()
    deadline = require_opens(CAPTIONS, archive, len(words), 0, source, deadline)
    module, size = opened(archive, len(words), source, device, deadline)
    return CaptionProgram(module, size, words)


def opened(
    archive: bytes, words: int, source: str, device: torch.device, deadline: Deadline | None = None
) -> tuple[nn.Module, int]:
    """The module of a checked archive, and the size of its images; also in the confined process."""
    logger = logging.getLogger("torch.export")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # it prints tracebacks of damaged files
    try:
        program = torch.export.load(io.BytesIO(for_cpu(archive)))
        size = _size(program, source)
        made_ready(program, other=False)
        module: nn.Module = program.module().to(device).requires_grad_(False)
    except DgnError:
        raise
    except Exception as error:  # its reader raises anything on a damaged file
        raise unreadable(source, error) from None
    finally:
        logger.setLevel(level)
    watch(module, deadline)
    with checked_work(deadline):
        _check(module, size, words, source, device)
    return module, size


def _words(vocabulary: bytes) -> list[str]:
    try:
        words = [line.strip() for line in vocabulary.decode().splitlines()]
    except UnicodeDecodeError:
        raise DgnError("The vocabulary is not UTF-8.", "Save it as a text in UTF-8.") from None
    if not words or len(words) > _MOST_WORDS or len(set(words)) < len(words):
        raise DgnError(
            f"The vocabulary has {len(words)} lines, {len(set(words))} of them different.",
            "Give a text with one word a line, each once.",
        )
    return words


def _size(program: Any, source: str) -> int:
    names = program.graph_signature.user_inputs
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.name in names}
    shapes = [tuple(values[name].shape) for name in names if isinstance(values.get(name), Tensor)]
    if [len(shape) for shape in shapes] != [4, 1] or shapes[0][1:3] != (3, shapes[0][3]):
        takes = ", ".join("(" + ", ".join(map(str, shape)) + ")" for shape in shapes) or "nothing"
        raise DgnError(f"{source} is no caption network: it takes {takes}.", _EXPORT)
    size = shapes[0][3]
    if not isinstance(size, int):
        raise DgnError(f"{source} leaves open how large its images are.", _EXPORT)
    return size


def _check(module: nn.Module, size: int, words: int, source: str, device: torch.device) -> None:
    image = torch.full((1, 3, size, size), 0.5, device=device)
    try:
        output = module(image, torch.zeros(1, dtype=torch.int64, device=device))
    except DgnError:
        raise
    except Exception as error:
        raise unreadable(source, error) from None
    shape = tuple(output.shape) if isinstance(output, Tensor) else None
    if shape != (1, words + 1):
        raise DgnError(
            f"{source} gives {shape}, and the vocabulary has {words} words.",
            "It must give (1, words + 1): the vocabulary's words after the one that ends a"
            " caption.",
        )
    if not bool((output.logsumexp(1).abs() < 1e-2).all()):
        raise DgnError(
            f"{source} does not give log-probabilities: their exponentials add up to"
            f" {float(output.exp().sum()):.3g}.",
            "End it with log_softmax.",
        )
