"""What can be known of a prior without its weights; free of torch."""

from dataclasses import dataclass, field

# An ascent's arithmetic, as recipes name it; `precision` says what each one is
NUMERICS = ("float32", "bfloat16", "tf32", "bfloat16-tf32", "bfloat16-both")
FLOAT32, BFLOAT16, TF32, BFLOAT16_TF32, BFLOAT16_BOTH = NUMERICS


@dataclass(frozen=True)
class EncoderInfo:
    """Which network and layer the generator inverts; codes are computed at ``input_size`` px.

    ``kind`` is "components" (whitened principal components of a map), "activations" (post-ReLU
    values of a fully connected layer) or "outputs" (a layer's values as they are, such as logits).
    """

    network: str
    fingerprint: str
    layer: str
    kind: str
    input_size: int


RESIZE, CROP = "resize", "crop"
FITS = (CROP, RESIZE)


@dataclass(frozen=True)
class PriorInfo:
    """What can be known of a prior without its weights.

    ``fit`` says how the image is brought to a network's size: "resize", or "crop" for the centre,
    as the published generators want it.
    """

    name: str
    fingerprint: str
    architecture: str
    code_size: int
    image_size: int
    encoder: EncoderInfo
    card: dict[str, object] = field(default_factory=dict, hash=False)
    fit: str = RESIZE

    @property
    def published(self) -> bool:
        """Whether it is a generator of Dosovitskiy & Brox (2016), which DGN-AM and PPGN used."""
        return self.architecture == "upconv"
