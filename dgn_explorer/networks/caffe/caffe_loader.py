"""Caffe networks: ``deploy.prototxt`` and the ``.caffemodel`` beside it."""

import math
from pathlib import Path

from dgn_explorer.disk import read_text
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.caffe.caffe_files import read_caffemodel, read_mean
from dgn_explorer.networks.caffe.caffe_net import CaffeNet, classifier_path, test_layers
from dgn_explorer.networks.caffe.prototxt import Message, parse_prototxt
from dgn_explorer.networks.labels import labels_for
from dgn_explorer.networks.loaded import Loaded, Request
from dgn_explorer.networks.options import LARGEST_SIZE, RANDOM, NetworkOptions
from dgn_explorer.networks.preprocessing import CAFFE_MEAN, Preprocessing
from dgn_explorer.networks.weights.checkpoints import require_file
from dgn_explorer.paths import user_path

_TRANSFORMS = ("transform_param", "data_param", "image_data_param", "window_data_param")
_TRANSFORM_FIELDS = frozenset({"scale", "mean_file", "mean_value", "crop_size", "mirror"})
_DATA_FIELDS = frozenset(  # of data layers, which had the transform's among theirs once
    {
        *("source", "batch_size", "rand_skip", "backend", "prefetch", "force_encoded_color"),
        *("new_height", "new_width", "is_color", "shuffle", "root_folder", "fg_threshold"),
        *("bg_threshold", "fg_fraction", "context_pad", "crop_mode", "cache_images"),
    }
)
# What forks prepare training images with; `force_color` changes nothing for colour photographs
_OF_TRAINING = frozenset({"force_color", "force_gray", "distort_param", "expand_param"})
_GREY = 1
_MOST_BYTES = 16 << 20
_DEFAULT_CHANNELS = 3
_RESAMPLING = "bicubic"  # SqueezeNet v1.1 names 62 % of 1000 photographs right, 61 % with bilinear


def load(path: Path, request: Request) -> Loaded:
    """Load a network from its prototxt, or from its caffemodel if the prototxt lies beside it.

    Preprocessing is Caffe's usual one, BGR, 0 to 255, minus (104, 117, 123), unless the prototxt
    has a transform: then it is what that says, and no mean is said is none (see `transform`).
    """
    prototxt, weights = _files(path, request.options)
    net = parse_prototxt(_text(prototxt))
    found = transform(net)
    shape = _input_shape(net, found, request.options)
    module = CaffeNet(net, shape)
    if weights is None:
        module.fill_randomly()
    else:
        module.load_blobs(read_caffemodel(weights))
    classifier = classifier_path(module)
    layer = module.get_submodule(classifier)
    classes = getattr(layer, "out_features", getattr(layer, "out_channels", None))
    mean, notices = _mean(found, prototxt, request.options)
    return Loaded(
        module=module,
        name=str(path),
        title=f"{net.text('name') or prototxt.stem} (Caffe)",
        preprocessing=_preprocessing(found, mean, shape[1]),
        input_size=shape[2],
        labels=labels_for(classes),
        output_layer=classifier,
        aliases={name: path for path, name in module.renamed.items()},
        structure=_structure(net, shape, found),
        notices=(
            *notices,
            *_assumed(found, mean, shape[1], request.options),
            *_left_out(module, found),
        ),
    )


def transform(net: Message) -> Message:
    """How a prototxt prepares images for its TEST phase; empty if it does not say.

    That is the first ``transform_param``; before there was one, the same fields stood among those
    of the data layer.
    """
    for layer in test_layers(net):
        for name in _TRANSFORMS:
            found = layer.message(name)
            if _TRANSFORM_FIELDS & set(found.fields):
                return found
    return Message()


def _structure(net: Message, shape: tuple[int, int, int, int], found: Message) -> str:
    """Strides and the like are not in the weights.

    What earlier versions left out has a mark, so that their results are not taken for ours: means
    of a transform, and parameters of Exp and Log; later the axes of Reshape and Flatten, statistics
    of the batch, and the stages of layers.
    """
    unlike = bool(found.fields) and not found.numbers("mean_value")
    layers = [*net.messages("layer"), *net.messages("layers")]
    unlike |= any(x.message("exp_param").fields or x.message("log_param").fields for x in layers)
    later = any(map(_of_version_3, layers))
    return f"{net} {shape}{' 2' if unlike else ''}{' 3' if later else ''}"


def _of_version_3(layer: Message) -> bool:
    flatten, reshape = layer.message("flatten_param"), layer.message("reshape_param")
    return (
        reshape.integer("axis", 0) != 0
        or reshape.integer("num_axes", -1) != -1
        or reshape.message("shape").integers("dim")[:1] == [-1]
        or (flatten.integer("axis", 1), flatten.integer("end_axis", -1)) != (1, -1)
        or not layer.message("batch_norm_param").flag("use_global_stats", True)
        or any(
            set(rule.fields) - {"phase"}
            for rule in (*layer.messages("include"), *layer.messages("exclude"))
        )
    )


def _assumed(
    found: Message, mean: tuple[float, ...], channels: int, options: NetworkOptions
) -> tuple[str, ...]:
    """What is said where neither the prototxt nor the user tells how images are prepared."""
    told = (options.mean, options.std, options.value_range)
    if found.fields or any(x is not None for x in told):
        return ()
    usual = f"BGR from 0 to 255 minus ({', '.join(f'{value:g}' for value in mean)})"
    if channels == _GREY:
        usual = f"grey from 0 to 255 minus {sum(mean) / len(mean):.5g}"
    return (
        "The prototxt does not say how images are prepared, so Caffe's usual way is assumed:"
        f" {usual}."
        " Give --mean, --std and --range if it was trained otherwise; networks check tells with"
        " photographs which fits.",
    )


def _left_out(module: CaffeNet, found: Message) -> tuple[str, ...]:
    unknown = set(found.fields) - _TRANSFORM_FIELDS - _OF_TRAINING - _DATA_FIELDS
    left_out = [*module.left_out, *(f"transform_param.{name}" for name in sorted(unknown))]
    if not left_out:
        return ()
    more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
    return (
        f"The prototxt has parameters that are not known and not applied:"
        f" {', '.join(left_out[:3])}{more}. It may be written for a fork of Caffe: compare"
        " its scores with those of that program.",
    )


def _files(path: Path, options: NetworkOptions) -> tuple[Path, Path | None]:
    require_file(path)
    if path.suffix == ".prototxt":
        prototxt, weights = path, None
    else:
        prototxt, weights = _beside(path, ".prototxt", "deploy"), path
    if options.weights == RANDOM:
        return prototxt, None
    if options.weights is not None:
        weights = user_path(options.weights)
        require_file(weights)
    return prototxt, weights or _beside(prototxt, ".caffemodel", prototxt.stem)


def _beside(path: Path, suffix: str, preferred: str) -> Path:
    """The one file with ``suffix`` in the folder of ``path``, or the one that is preferred."""
    found = sorted(path.parent.glob(f"*{suffix}"))
    best = [p for p in found if p.stem == preferred] or [p for p in found if p.stem == path.stem]
    if len(found) == 1 or best:
        return (best or found)[0]
    what = f"{len(found)} {suffix} files lie" if found else f"No {suffix} file lies"
    way_out = (
        "Name the weights with --weights FILE, or --weights random for the untrained network."
        if suffix == ".caffemodel"
        else "Open the .prototxt file, and name the weights with --weights FILE."
    )
    raise DgnError(f"{what} beside {path}.", way_out)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DgnError(f"{path} is too large for a prototxt.", "Give the deploy.prototxt.")
        return read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise DgnError(f"{path} cannot be read ({error}).", "Give a prototxt text file.") from None


def _input_shape(
    net: Message, found: Message, options: NetworkOptions
) -> tuple[int, int, int, int]:
    """(1, channels, size, size) as the prototxt declares it."""
    dims = net.integers("input_dim") or net.message("input_shape").integers("dim")
    for layer in (*net.messages("layer"), *net.messages("layers")):
        dims = dims or layer.message("input_param").message("shape").integers("dim")
    if len(dims) < 4:
        dims = _data_shape(net, found, options)
    _, channels, height, width = dims[:4]
    if options.size is not None:
        height = width = options.size
    if height != width:
        raise DgnError(
            f"The network takes images of {width} by {height} pixels.",
            "Only square inputs are supported: try a square --size.",
        )
    if not (1 <= height <= LARGEST_SIZE and 1 <= channels <= LARGEST_SIZE):
        raise DgnError(
            f"The input shape {channels} x {height} x {width} is out of range.",
            f"Sides go up to {LARGEST_SIZE} pixels.",
        )
    return (1, channels, height, width)


def _data_shape(net: Message, found: Message, options: NetworkOptions) -> list[int]:
    """[1, channels, height, width] of what the data layer of the TEST phase hands on."""
    channels, sides = _GREY if found.flag("force_gray", False) else _DEFAULT_CHANNELS, [0, 0]
    for layer in test_layers(net):
        photos, memory = layer.message("image_data_param"), layer.message("memory_data_param")
        if not photos.flag("is_color", True):
            channels = _GREY
        if memory.fields:
            channels = memory.integer("channels", channels)
        for one, names in ((photos, ("new_height", "new_width")), (memory, ("height", "width"))):
            sides = sides if any(sides) else [one.integer(name, 0) for name in names]
        dims = layer.message("dummy_data_param").message("shape").integers("dim")
        if len(dims) == 4 and not any(sides):
            channels, *sides = dims[1:]
    crop = options.size or found.integer("crop_size", 0)
    sides = [crop, crop] if crop > 0 else sides
    if min(sides) < 1:
        raise DgnError("The prototxt does not say its input's size.", "Give it with --size.")
    return [1, channels, *sides]


def _mean(
    found: Message, prototxt: Path, options: NetworkOptions
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """What the transform subtracts, and a sentence if its mean file is not there."""
    values = tuple(found.numbers("mean_value"))
    name = found.text("mean_file")
    if values or not name or options.mean is not None:
        return values or ((0.0,) if found.fields else CAFFE_MEAN), ()
    given = user_path(name)
    for path in (prototxt.parent / given, prototxt.parent / given.name):
        if path.is_file():
            return read_mean(path), ()
    usual = ", ".join(f"{value:g}" for value in CAFFE_MEAN)
    return CAFFE_MEAN, (
        f"The mean file {name} is not there, so Caffe's usual mean ({usual}) is subtracted: put the"
        f" file beside {prototxt.name}, or give --mean FILE.",
    )


def _preprocessing(found: Message, mean: tuple[float, ...], channels: int) -> Preprocessing:
    scale = found.number("scale", 1.0)
    if not 0 < scale < math.inf:
        raise DgnError(f"The prototxt scales pixels by {scale}.", "Correct its transform_param.")
    if channels == 1:
        mean = mean if len(mean) == 1 else (sum(mean) / len(mean),)
        return Preprocessing(mean, (1 / scale,), channels="grey", interpolation=_RESAMPLING)
    mean = mean * _DEFAULT_CHANNELS if len(mean) == 1 else mean
    if len(mean) != _DEFAULT_CHANNELS:
        raise DgnError(f"The prototxt has {len(mean)} mean values.", "Give them with --mean.")
    return Preprocessing(mean, (1 / scale,) * 3, channels="bgr", interpolation=_RESAMPLING)
