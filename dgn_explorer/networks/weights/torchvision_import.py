"""Importing torchvision beside a torch that cannot load its compiled operators."""

import warnings
from functools import cache
from types import ModuleType

import torch

from dgn_explorer.errors import DgnError

# torchvision registers shape functions for these at import, and fails if they are not defined. Its
# classification models use none of them. https://github.com/pytorch/vision/issues/8289
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_libraries: list[torch.library.Library] = []  # a schema lives as long as its library object


@cache
def torchvision_models() -> ModuleType:
    """``torchvision.models``, imported on first use."""
    with warnings.catch_warnings():
        # That its image extension does not load either: we read images with Pillow
        warnings.filterwarnings("ignore", message="Failed to load image Python extension")
        try:
            return _import()
        except RuntimeError:
            pass  # "operator torchvision::nms does not exist": define it and import again
        except ImportError as error:
            raise DgnError(
                f"torchvision cannot be imported ({error}).", "Install it: pip install torchvision"
            ) from None
        library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        _libraries.append(library)
        for schema in _SCHEMAS:
            name = schema.split("(")[0]
            if not hasattr(torch.ops.torchvision, name):
                library.define(schema)  # type: ignore[no-untyped-call]
        try:
            return _import()
        except (RuntimeError, ImportError) as error:
            raise DgnError(
                f"torchvision does not fit the installed torch ({error}).",
                "Install the pair that belongs together: pip install --upgrade torch torchvision",
            ) from None


def _import() -> ModuleType:
    import torchvision.models

    models: ModuleType = torchvision.models
    return models
