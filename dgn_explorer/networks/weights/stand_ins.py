"""What may lie in a checkpoint beside the weights: settings and numbers, read as nothing.

torch's restricted unpickler refuses a file for one ``argparse.Namespace``. These classes hold data
and no weights, so an empty object is put in the place of each: their own code never runs, and what
they held is not looked at.
"""

from typing import Any

_NUMPY_TYPES = (
    *("Bool", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"),
    *("Float16", "Float32", "Float64", "Str", "Bytes", "LongLong", "ULongLong"),
)
_NAMES = (
    *("argparse.Namespace", "types.SimpleNamespace", "collections.deque"),
    *("datetime.datetime", "datetime.date", "datetime.timedelta"),
    *("pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath"),
    *("pathlib._local.PosixPath", "pathlib._local.WindowsPath"),
    *("numpy.dtype", "numpy.ndarray"),
    *(f"numpy.dtypes.{name}DType" for name in _NUMPY_TYPES),
    *(
        f"{core}.multiarray.{name}"
        for core in ("numpy.core", "numpy._core")
        for name in ("scalar", "_reconstruct")
    ),
    *("omegaconf.dictconfig.DictConfig", "omegaconf.listconfig.ListConfig"),
    *("omegaconf.base.ContainerMetadata", "omegaconf.base.Metadata"),
    *("yacs.config.CfgNode", "easydict.EasyDict", "addict.addict.Dict"),
    *("pytorch_lightning.utilities.parsing.AttributeDict",),
    *("lightning.pytorch.utilities.parsing.AttributeDict",),
    *("lightning_fabric.utilities.data.AttributeDict",),
    *("lightning.fabric.utilities.data.AttributeDict",),
)


class Nothing:
    """Takes whatever a pickle says of it, and keeps none of it."""

    def __new__(cls, *arguments: Any, **named: Any) -> "Nothing":
        """An empty object, whatever it is made of."""
        return super().__new__(cls)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        """Forget the state."""


STAND_INS: list[Any] = [(Nothing, name) for name in _NAMES]
