"""Network specs with options in one line, as on the command line.

``weights.pt --arch torchvision:resnet18 --size 64`` says all that is needed to open a network, so
it can stand wherever a name can: in a recipe, in a prior file, in the window's field, after
``--network``. Free of torch.
"""

import shlex
from collections.abc import Mapping

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaders import arch_examples
from dgn_explorer.networks.options import RANDOM, NetworkOptions, parse_mean, parse_numbers
from dgn_explorer.paths import user_path

# field of `NetworkOptions` -> its flag and one line of help
FLAGS = {
    "weights": ("--weights", "Weights: FILE, FILE:KEY, the name of an entry, or 'random'."),
    "arch": ("--arch", f"{arch_examples()}."),
    "size": ("--size", "Side of the network's input in pixels."),
    "mean": ("--mean", "Subtracted from the pixels: numbers such as 104,117,123, or a mean file."),
    "std": ("--std", "What the pixels are divided by, after the mean."),
    "value_range": ("--range", "What white is before the mean is subtracted: 1 or 255."),
    "channels": ("--channels", "rgb, bgr, grey, or one item a channel, such as r,g,b,0."),
    "labels": ("--labels", "Text or JSON file with the class names."),
    "output_layer": ("--output-layer", "Layer whose units are the classes."),
    "crop": ("--crop", "Share of a photograph's side that is kept, above 0 and up to 1."),
    "interpolation": ("--interpolation", "bilinear or bicubic, for photographs."),
    "resize": ("--resize", "shorter (side) or warp (both, as Caffe's tools), for photographs."),
}
_FIELDS = {flag: name for name, (flag, _) in FLAGS.items()}
_FILES = ("weights", "mean", "labels")


def read_options(texts: Mapping[str, str]) -> NetworkOptions:
    """Make options of texts by field name; raises `DgnError` for a value that makes no sense.

    >>> read_options({"size": "64", "mean": "0.5"})
    NetworkOptions(weights=None, arch=None, size=64, mean=(0.5,), std=None, value_range=None, \
channels=None, labels=None, output_layer=None, crop=None, interpolation=None, resize=None, \
position=None)
    """
    values: dict[str, object] = dict(texts)
    for name, kind in (("size", int), ("value_range", float), ("crop", float)):
        if name in texts:
            try:
                values[name] = kind(texts[name])
            except ValueError:
                flag = FLAGS[name][0]
                raise DgnError(
                    f"{flag} cannot be {texts[name]!r}.", f"Write a number: {FLAGS[name][1]}"
                ) from None
    if "mean" in texts:
        values["mean"] = parse_mean(texts["mean"])
    if "std" in texts:
        values["std"] = parse_numbers(texts["std"])
    return NetworkOptions(**values)  # type: ignore[arg-type]


def parse_spec(text: str) -> tuple[str, NetworkOptions]:
    """Split a spec and its options; raises `DgnError` for an option that there is not.

    The spec itself may hold blanks.

    >>> spec, options = parse_spec("my files/w.pt --arch timm:vit_tiny_patch16_224 --size 64")
    >>> spec, options.arch, options.size
    ('my files/w.pt', 'timm:vit_tiny_patch16_224', 64)
    """
    spec, found, rest = text.strip().partition(" --")
    if not found:
        return spec, NetworkOptions()
    lexer = shlex.shlex(f"--{rest}", posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    lexer.escape = ""  # a backslash is part of a Windows path
    try:
        words = list(lexer)
    except ValueError as error:
        raise DgnError(
            f"{text!r} cannot be read ({error}).", "Close every quotation mark."
        ) from None
    texts: dict[str, str] = {}
    while words:
        flag, equals, value = words.pop(0).partition("=")
        if flag not in _FIELDS or not (equals or words):
            raise DgnError(
                f"{flag!r} in {text!r} is no option with a value.",
                f"The options of a network are {', '.join(_FIELDS)}.",
            )
        texts[_FIELDS[flag]] = value if equals else words.pop(0)
    return spec.strip(), read_options(texts)


def spec_text(spec: str, options: NetworkOptions) -> str:
    """The inverse of `parse_spec`; the options' files become absolute, to work in any folder.

    >>> spec_text("torchvision:resnet18", NetworkOptions(weights="random", mean=(0.5, 1.0)))
    'torchvision:resnet18 --weights random --mean 0.5,1.0'
    """
    words = [spec]
    for name, (flag, _) in FLAGS.items():
        value = getattr(options, name)
        if value is None:
            continue
        if isinstance(value, tuple):
            value = ",".join(repr(number) for number in value)
        elif name in _FILES:
            value = anywhere(value)
        elif name == "arch":
            value = _factory_anywhere(value)
        words += [flag, _quoted(str(value))]
    return " ".join(words)


def _factory_anywhere(arch: str) -> str:
    source, _, name = arch.rpartition(":")
    return f"{anywhere(source)}:{name}" if source.endswith(".py") else arch


def anywhere(text: str) -> str:
    """An absolute path if ``text`` is a file, ``FILE:KEY`` or a folder, else ``text``."""
    name, key = split_key(text)
    path = user_path(name)
    whole = f"{path.absolute()}:{key}" if key else str(path.absolute())
    return whole if text != RANDOM and path.exists() else text


def split_key(text: str) -> tuple[str, str]:
    """Split ``FILE:KEY``; the key is empty if there is none, or the whole is a file's name.

    KEY is the place of the weights in a checkpoint that holds several networks.
    """
    head, _, key = text.rpartition(":")
    if head and not user_path(text).exists() and user_path(head).is_file():
        return head, key
    return text, ""


def _quoted(value: str) -> str:
    if value and not any(mark in value for mark in " \t\"'"):
        return value
    # With no escapes, a value that holds both kinds of marks is put together from quoted parts
    return '"' + value.replace('"', '"\'"\'"') + '"'
