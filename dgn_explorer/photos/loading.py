"""Photographs as tensors: what `sets` lists, cut to a network's square."""

import torch
from torch import Tensor

from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.reading import decode
from dgn_explorer.photos.sets import Photo


def load_photo(
    photo: Photo, size: int, crop: float, interpolation: str, resize: str = "shorter"
) -> Tensor:
    """RGB (3, size, size) in [0, 1]: the middle of a photograph (see `middle_square`)."""
    picture = decode(photo.read(), photo.name)
    square = middle_square(picture, size, crop, interpolation, resize)
    return torch.from_numpy(square).permute(2, 0, 1).float().div(255)
