"""`LOADERS`: every kind of network that can be opened, one row each.

Opening, ``--arch``, ``--help``, the hints of errors and the file dialog are made of this table. A
new kind is one module with a load function, and one row. Free of torch: a row names its function,
and `call` imports it when a network is opened.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DESCRIPTION_SUFFIX = ".toml"  # describes a network of any kind; read by `opening` itself


@dataclass(frozen=True)
class Loader:
    """One kind of network; it has names, or a prefix, or suffixes.

    title : what the file dialog calls it.
    example : a spec, for ``--help`` and hints.
    load : ``module:function``, called with the name (without the prefix) or the file's `Path`, and
        a `Request`; it returns a `Loaded`, or raises `DgnError`.
    names : specs that are taken as they are, and cannot be given to other networks.
    prefix : what a spec begins with, such as ``torchvision:``.
    suffixes : what a file's name ends with.
    build : for a kind that knows architectures by name, ``module:function`` that makes one with
        as many classes as a state dict has: called with the name and the state dict.
    """

    title: str
    example: str
    load: str
    names: tuple[str, ...] = ()
    prefix: str = ""
    suffixes: tuple[str, ...] = ()
    build: str = ""


_CODE = "dgn_explorer.networks"
LOADERS: tuple[Loader, ...] = (
    Loader(
        title="EfficientNet-Lite",
        example="lite0",
        load=f"{_CODE}.weights.efficientnet_lite:loaded",
        names=("lite0", "lite1", "lite2"),
    ),
    Loader(
        title="Shapes, an example",
        example="shapes",
        load=f"{_CODE}.weights.shapes:loaded",
        names=("shapes",),
    ),
    Loader(
        title="torchvision",
        example="torchvision:NAME",
        load=f"{_CODE}.weights.torchvision_loader:load",
        prefix="torchvision:",
        build=f"{_CODE}.weights.torchvision_loader:build",
    ),
    Loader(
        title="timm",
        example="timm:NAME",
        load=f"{_CODE}.weights.timm_loader:load",
        prefix="timm:",
        build=f"{_CODE}.weights.timm_loader:build",
    ),
    Loader(
        title="PyTorch weights and programs",
        example="weights.pt --arch torchvision:NAME",
        load=f"{_CODE}.weights.weights_loader:load",
        suffixes=(".pt", ".pth", ".th", ".pth.tar", ".bin", ".ckpt", ".safetensors", ".pt2"),
    ),
    Loader(
        title="ONNX",
        example="network.onnx",
        load=f"{_CODE}.programs.onnx_loader:load",
        suffixes=(".onnx",),
    ),
    Loader(
        title="Caffe",
        example="deploy.prototxt",
        load=f"{_CODE}.caffe.caffe_loader:load",
        suffixes=(".prototxt", ".caffemodel"),
    ),
)


def call(code: str, *arguments: Any) -> Any:
    """Import ``module:function`` and call it."""
    module, _, name = code.partition(":")
    return getattr(importlib.import_module(module), name)(*arguments)


def by_name(spec: str) -> Loader | None:
    """The loader that has ``spec`` for a name."""
    return next((loader for loader in LOADERS if spec in loader.names), None)


def by_prefix(spec: str) -> Loader | None:
    """The loader whose prefix ``spec`` begins with.

    >>> by_prefix("timm:resnet18").title
    'timm'
    """
    return next((x for x in LOADERS if x.prefix and spec.startswith(x.prefix)), None)


def by_file(path: Path) -> Loader | None:
    """The loader for a file of that name; of two suffixes that fit, the longer one counts.

    >>> by_file(Path("model_best.PTH.TAR")).title
    'PyTorch weights and programs'
    """
    found = [(len(s), x) for x in LOADERS for s in x.suffixes if path.name.lower().endswith(s)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def architecture(arch: str) -> Loader | None:
    """The loader that builds ``arch`` by name."""
    loader = by_prefix(arch)
    return loader if loader is not None and loader.build else None


def names() -> tuple[str, ...]:
    """The names of networks that are built in."""
    return tuple(name for loader in LOADERS for name in loader.names)


def suffixes() -> tuple[str, ...]:
    """What the files of networks end with, descriptions included."""
    return (*(s for loader in LOADERS for s in loader.suffixes), DESCRIPTION_SUFFIX)


def library_examples() -> tuple[str, ...]:
    """Specs with a prefix, as in ``torchvision:NAME``."""
    return tuple(loader.example for loader in LOADERS if loader.prefix)


def arch_examples() -> str:
    """What may follow ``--arch``.

    >>> arch_examples()
    'torchvision:NAME, timm:NAME, package.module:factory or file.py:factory'
    """
    libraries = [loader.example for loader in LOADERS if loader.build]
    return ", ".join([*libraries, "package.module:factory"]) + " or file.py:factory"


def spec_examples() -> str:
    """What may stand for a network, for people.

    >>> spec_examples()
    'a name (lite0), torchvision:NAME, timm:NAME, or a file or folder of your own'
    """
    named = next(loader.example for loader in LOADERS if loader.names)
    return ", ".join([f"a name ({named})", *library_examples(), "or a file or folder of your own"])


def file_filters() -> tuple[str, ...]:
    """Filters for a file dialog: all networks together, each kind, and everything.

    >>> file_filters()[-1]
    'All files (*)'
    """
    kinds = [(loader.title, loader.suffixes) for loader in LOADERS if loader.suffixes]
    kinds = [("Networks", suffixes()), *kinds, ("Descriptions", (DESCRIPTION_SUFFIX,))]
    made = (f"{title} ({' '.join(f'*{suffix}' for suffix in ends)})" for title, ends in kinds)
    return (*made, "All files (*)")
