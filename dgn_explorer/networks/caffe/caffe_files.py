"""Caffe's binary files without Caffe: ``.caffemodel`` weights and mean files.

Field numbers are those of Caffe's ``caffe.proto`` (NetParameter, LayerParameter,
V1LayerParameter, BlobProto).
"""

import math
import mmap
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.caffe import protobuf_wire as wire
from dgn_explorer.networks.weights.checkpoints import require_file

_V1_LAYERS, _LAYERS = 2, 100
# (name, blobs) of a layer
_V1_LAYER = (4, 6)
_LAYER = (1, 7)
_LEGACY_SHAPE = (1, 2, 3, 4)
_DATA, _SHAPE, _DOUBLE_DATA = 5, 7, 8
_SHAPE_DIM = 1
_MOST_AXES = 32


def read_caffemodel(path: Path) -> dict[str, list[Tensor]]:
    """The blobs of every layer that has some, by layer name: float32, in the stored shapes.

    Raises `DgnError` if the file is missing, cut off or of another kind.
    """
    data = _bytes(path)
    blobs: dict[str, list[Tensor]] = {}
    for number, (name_field, blob_field) in ((_V1_LAYERS, _V1_LAYER), (_LAYERS, _LAYER)):
        for layer in wire.messages(data, number):
            name = "".join(wire.strings(layer, name_field)[-1:])
            found = [read_blob(blob) for blob in wire.messages(layer, blob_field)]
            if found:
                blobs[name] = found
    if not blobs:
        raise DgnError(
            f"{path} holds no Caffe weights.", "Give the .caffemodel that belongs to the prototxt."
        )
    return blobs


def read_blob(data: memoryview) -> Tensor:
    """One BlobProto as a float32 tensor; legacy blobs have four axes (N, C, H, W)."""
    shapes = list(wire.messages(data, _SHAPE))
    if shapes:
        shape = wire.integers(shapes[-1], _SHAPE_DIM)
    else:
        shape = [(wire.integers(data, axis) or [1])[-1] for axis in _LEGACY_SHAPE]
    values = wire.floats(data, _DATA, 4)
    if values.size == 0:
        values = wire.floats(data, _DOUBLE_DATA, 8)
    if len(shape) > _MOST_AXES or math.prod(shape) != values.size:
        raise DgnError(
            f"A blob of shape {shape[:_MOST_AXES]} holds {values.size} numbers.",
            "The .caffemodel is damaged: get it again.",
        )
    return torch.from_numpy(values).reshape(shape)


def read_mean(path: Path) -> tuple[float, ...]:
    """The mean of each channel in a ``.binaryproto`` or ``.npy`` mean file.

    Caffe subtracts a mean image position by position; its own tools for single images use the
    channel means, and so do we, as those do not depend on the size.
    """
    mean = read_mean_image(path)
    return tuple(mean.flatten(1).mean(1).tolist() if mean.ndim == 3 else mean.tolist())


def read_mean_image(path: Path) -> Tensor:
    """A mean file's own numbers, (channels, height, width) or (channels,), in its own order."""
    require_file(path)
    if path.suffix == ".npy":
        try:
            # mapped: no memory is taken for a shape that the file only claims to have
            array = np.array(np.load(path, mmap_mode="r", allow_pickle=False), np.float32)
        except Exception as error:  # numpy reads the header with Python's own tokeniser
            raise DgnError(
                f"The mean file {path} cannot be read ({error}).",
                "Give an array (channels, height, width), or the numbers themselves.",
            ) from None
        mean = torch.from_numpy(array)
    else:
        mean = read_blob(_bytes(path))
    mean = mean[0] if mean.ndim == 4 and mean.shape[0] == 1 else mean
    if mean.ndim not in (1, 3) or mean.numel() == 0:
        raise DgnError(
            f"The mean file {path} has the shape {tuple(mean.shape)}.",
            "It must be (channels, height, width) or (channels,).",
        )
    return mean


def _bytes(path: Path) -> memoryview:
    require_file(path)
    try:
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
        raise DgnError(
            f"{path} cannot be read ({error}).", "Check the path and the file."
        ) from None
