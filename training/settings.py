"""`TrainSettings`: everything that decides a training run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainSettings:
    """Settings of one run; a checkpoint holds them and a resumed run takes them from there.

    Either ``hours`` or ``steps`` ends the run; the learning rate falls along a cosine over the last
    ``anneal`` share of it, and the adversarial loss sets in after the ``adversarial_start`` share.
    """

    sources: tuple[str, ...]
    weights: tuple[float, ...]
    network: str = "lite0"
    layer: str = ""  # empty: the last layer that has a map
    components: int = 1024
    image_size: int = 128
    batch: int = 16
    seed: int = 0
    hours: float = 0.0
    steps: int = 0
    learning_rate: float = 5e-4
    anneal: float = 0.4
    image_weight: float = 2.0
    feature_weight: float = 1.0
    code_noise: float = 0.3
    adversarial_weight: float = 0.05
    adversarial_start: float = 0.4
    discriminator_rate: float = 2e-4
    ema_images: int = 10_000
    statistics_images: int = 20_000
    held_out_share: float = 0.02
    bf16: bool = True
