"""`TrainSettings`: everything that decides a training run, and the presets."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from dgn_explorer.errors import DgnError

_CHOICES = {
    "generator": ("compact", "upconv"),
    "code_values": ("auto", "rectified", "raw"),
    "image_loss": ("l1", "euclidean"),
    "feature_loss": ("unit", "euclidean"),
    "upsampling": ("nearest", "bilinear"),
    "discriminator": ("heads", "patches", "published"),
    "pausing": ("smooth", "ratio", "none"),
    "schedule": ("anneal", "halving"),
}
_POSITIVE = (
    "image_size",
    "batch",
    "accumulate",
    "learning_rate",
    "discriminator_rate",
    "ema_images",
    "statistics_images",
    "width",
)
_NOT_NEGATIVE = (
    "components",
    "hours",
    "steps",
    "view",
    "encoder_size",
    "base_blocks",
    "image_weight",
    "feature_weight",
    "code_weight",
    "code_noise",
    "adversarial_weight",
    "discriminator_decay",
)
_SHARES = ("anneal", "warm_up", "adversarial_start", "held_out_share", "crop_share")
# what the weights in a checkpoint depend on: nothing here can change when a run goes on
_FIXED = (
    "network",
    "layer",
    "components",
    "code_values",
    "image_size",
    "encoder_size",
    "view",
    "generator",
    "width",
    "base_blocks",
    "stage_blocks",
    "upsampling",
    "start",
    "comparator",
    "feature_layers",
    "discriminator",
    "seed",
)


@dataclass(frozen=True)
class TrainSettings:
    """Settings of one run; a checkpoint holds them and a resumed run takes them from there.

    Either ``hours`` or ``steps`` ends the run. Under schedule ``anneal`` the learning rate falls
    along a cosine over the last ``anneal`` share of it; under ``halving`` it is halved at the
    published five moments. The adversarial loss sets in after the ``adversarial_start`` share.
    A batch has ``batch`` photographs in each process, ``accumulate`` times over.

    ``start`` names a finished prior, whose code and weights the run begins with. Its norms are
    fitted anew; with ``frozen_norms`` they keep those statistics instead of every batch's own.
    """

    sources: tuple[str, ...]
    weights: tuple[float, ...]
    network: str = "lite0"
    layer: str = ""  # empty: see `encoder.encoder_layer`
    components: int = 0  # of a map, 0: as many as the photographs allow, see `Setup.code_size`
    image_size: int = 128  # pixels that the generator puts out
    batch: int = 16
    seed: int = 0
    hours: float = 0.0
    steps: int = 0
    learning_rate: float = 5e-4
    anneal: float = 0.4
    image_weight: float = 2.0
    feature_weight: float = 1.0
    code_noise: float = 0.3  # in sigmas of the code, added before the generator
    adversarial_weight: float = 0.06
    adversarial_start: float = 0.4
    discriminator_rate: float = 2e-4
    ema_images: int = 10_000  # half-life of the average over the weights
    statistics_images: int = 20_000
    held_out_share: float = 0.02
    bf16: bool = True  # where the processor has instructions for it
    preset: str = "default"
    code_values: str = "auto"  # of a flat layer; auto: rectified unless it is the network's output
    encoder_size: int = 0  # px at which the encoder sees; 0: a map's as is, a flat layer's native
    view: int = 0  # side of the centre that encoder and losses see; 0: the whole image
    generator: str = "compact"
    width: float = 1.0  # times the generator's numbers of channels
    base_blocks: int = 2
    stage_blocks: tuple[int, ...] = ()  # more residual blocks after each doubling
    upsampling: str = "bilinear"  # of the compact generator; nearest draws straight lines
    image_loss: str = "l1"
    feature_loss: str = "unit"  # unit: channel vectors of length 1, as LPIPS does
    comparator: str = ""  # network of the feature loss; empty: the encoder's
    feature_layers: tuple[str, ...] = ()  # empty: see `losses.comparator_layers`
    feature_layer_weights: tuple[float, ...] = ()  # empty: all 1
    crop_share: float = 0.875  # side of the random crops that the comparator sees
    code_weight: float = 0.0
    discriminator: str = "patches"
    discriminator_decay: float = 0.0
    pausing: str = "smooth"
    schedule: str = "anneal"
    beta1: float = 0.5
    beta2: float = 0.99
    accumulate: int = 1
    compiled: bool = False
    graphs: bool = True  # on a GPU: record a step once, where that works
    start: str = ""  # a prior's name or file; empty: begin with random weights
    frozen_norms: bool = False
    warm_up: float = 0.0  # share of the run over which the learning rate rises
    data_licence: str = ""

    def check(self) -> "TrainSettings":
        """Return the settings, or raise `DgnError` that names the one that makes no sense."""
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                _refuse(name, getattr(self, name), f"Choose one of {', '.join(choices)}.")
        for name in (*_POSITIVE, *_NOT_NEGATIVE, *_SHARES):
            value = getattr(self, name)
            if not 0 <= value < float("inf") or (name in _POSITIVE and value == 0):
                _refuse(name, value, "Give a number above 0.")
            if name in _SHARES and value > 1:
                _refuse(name, value, "Give a share between 0 and 1.")
        if not self.sources:
            _refuse("sources", "empty", "Give a folder or a zip with photographs.")
        if len(self.weights) != len(self.sources) or any(not w >= 0 for w in self.weights):
            _refuse("weights", self.weights, "Give one number of at least 0 for each source.")
        given = self.feature_layer_weights
        if given and (len(given) != len(self.feature_layers) or not sum(given) > 0):
            _refuse("feature_layer_weights", given, "Give one number for each feature layer.")
        if not (self.hours or self.steps):
            _refuse("hours", self.hours, "Say how long to train: --hours or --steps.")
        if self.pausing == "ratio" and self.discriminator != "published":
            _refuse("pausing", "ratio", "It needs the published discriminator's loss; say smooth.")
        if self.generator == "upconv" and self.image_size != 256:
            _refuse("image_size", self.image_size, "The upconv generator makes images of 256 px.")
        if self.frozen_norms and not self.start:
            _refuse("frozen_norms", True, "Only a prior to start from (--from) has statistics yet.")
        if any(type(n) is not int or not 0 <= n <= 8 for n in self.stage_blocks):
            _refuse("stage_blocks", self.stage_blocks, "Give a number from 0 to 8 for a doubling.")
        if self.view > self.image_size:
            _refuse("view", self.view, f"The image has only {self.image_size} px.")
        return self


def _refuse(name: str, value: object, hint: str) -> None:
    raise DgnError(f"The setting {name} cannot be {value!r}.", hint)


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    # Dosovitskiy & Brox (2016) in the released solver: summed Euclidean losses, see `losses`
    "deepsim": {
        "generator": "upconv",
        "image_size": 256,
        "view": 227,
        "encoder_size": 227,
        "crop_share": 1.0,
        "code_noise": 0.0,
        "image_loss": "euclidean",
        "image_weight": 2e-6,
        "feature_loss": "euclidean",
        "feature_weight": 0.01,
        "discriminator": "published",
        "adversarial_weight": 100.0,
        "adversarial_start": 0.0,
        "pausing": "ratio",
        "batch": 64,
        "learning_rate": 2e-4,
        "discriminator_rate": 2e-4,
        "discriminator_decay": 4e-4,
        "beta1": 0.9,
        "beta2": 0.999,
        "schedule": "halving",
        "steps": 1_300_000,
    },
}


def preset(
    name: str, sources: tuple[str, ...], weights: tuple[float, ...], **changes: Any
) -> TrainSettings:
    """Settings of the preset ``name`` with ``changes``; ``hours`` among them replaces its steps.

    >>> preset("deepsim", ("photos.zip",), (1.0,), batch=32).adversarial_weight
    100.0
    """
    if name not in PRESETS:
        raise DgnError(f"There is no preset {name!r}.", f"Choose one of {', '.join(PRESETS)}.")
    wanted = _known(changes)
    if wanted.get("hours"):
        wanted.setdefault("steps", 0)
    values = {**PRESETS[name], **wanted, "preset": name}
    return TrainSettings(sources, weights, **values).check()


def resumed(saved: TrainSettings, changes: Mapping[str, Any]) -> TrainSettings:
    """The settings of a checkpoint with what may be ``changes``-d: rates, weights, length, sources.

    Raises `DgnError` for a change that the trained weights do not allow.
    """
    now = replace(saved, **_known(changes))
    if changes.get("hours") and not changes.get("steps"):
        now = replace(now, steps=0)
    elif changes.get("steps") and not changes.get("hours"):
        now = replace(now, hours=0.0)
    for name in _FIXED:
        if getattr(now, name) != getattr(saved, name):
            raise DgnError(
                f"The run was started with {name} {getattr(saved, name)!r}, "
                f"not {getattr(now, name)!r}.",
                "Leave that setting as it is, or start in another --run folder.",
            )
    return now.check()


def from_saved(values: Mapping[str, Any]) -> TrainSettings:
    """Settings out of a checkpoint; one that an older version did not know gets its default."""
    lists: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return TrainSettings(**lists)


def changed(before: TrainSettings, after: TrainSettings) -> dict[str, Any]:
    """The entries of ``after`` that differ from ``before``."""
    old = asdict(before)
    return {name: value for name, value in asdict(after).items() if value != old[name]}


def _known(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes, with numbers for weights that came as text."""
    names = {field.name for field in fields(TrainSettings)}
    for name in changes:
        if name not in names:
            raise DgnError(
                f"There is no training setting {name!r}.", "See: dgn-explorer train --help"
            )
    found = dict(changes)
    for name, kind in (("feature_layer_weights", float), ("stage_blocks", int)):
        try:
            if name in found:
                found[name] = tuple(map(kind, found[name]))
        except ValueError:
            _refuse(name, found[name], "Give numbers.")
    return found
