"""Starting an ascent from a photograph: which code the recipe gets."""

from pathlib import Path
from typing import TYPE_CHECKING

from dgn_explorer.commands.opening import opened_network
from dgn_explorer.commands.terminal import say
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.parameters import WITHOUT_PRIOR

if TYPE_CHECKING:
    from torch import Tensor


def read_photo(path: Path, size: int) -> "Tensor":
    """The largest square in the middle of a photograph: (1, 3, ``size``, ``size``) in [0, 1].

    It is what the window makes of a photograph that is dropped on it.
    """
    import torch

    from dgn_explorer.photos import reading
    from dgn_explorer.photos.crops import middle_square

    square = torch.from_numpy(middle_square(reading.read_photo(path), size))
    return square.permute(2, 0, 1).float().div(255)[None]


def start_code(photo: Path, method: str, prior: str, device: str | None) -> str:
    """A recipe's ``start`` for ``photo``; a line on stderr says how it was found.

    The code comes from the prior's encoder if its network can be opened and is the right one; else
    it is optimised.
    """
    from dgn_explorer.machine.device import choose_device
    from dgn_explorer.priors.encoding import encode
    from dgn_explorer.priors.inversion import invert
    from dgn_explorer.priors.opening import open_prior
    from dgn_explorer.synthesis.start import code_text

    if method in WITHOUT_PRIOR:
        raise DgnError(f"The method {method} cannot start from a photograph.", "Leave out --init.")
    chosen = choose_device(device)
    opened = open_prior(prior, chosen)
    encoder = opened.info.encoder
    rgb = read_photo(photo, encoder.input_size).to(chosen)
    try:
        network = opened_network(encoder.network, chosen)
        code = encode(opened, network, rgb)
    except DgnError as error:
        code = invert(opened, read_photo(photo, opened.info.image_size).to(chosen))
        found = f"by optimising the code, as there is no encoder: {error.message}"
    else:
        found = f"through {encoder.network} {encoder.layer}"
    say(f"Starts from {photo.name}, {found}", err=True)
    return code_text(opened.space.clamp(code)[0].float().cpu().numpy())
