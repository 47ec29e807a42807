"""What a step minimises: photographs to codes to images, compared and judged.

`Objective.backward` is one pass: encode the photographs, generate, compare, let the discriminator
judge, and add the gradients. Nothing in it reads a value back from the device.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn

from dgn_explorer.networks.network import resize
from dgn_explorer.priors.precision import fast_bf16
from dgn_explorer.training.learning.adversary import Discriminator, follow_norms
from dgn_explorer.training.learning.build import Setup
from dgn_explorer.training.learning.chance import Chance
from dgn_explorer.training.learning.encoder import Encoder, FeatureReader
from dgn_explorer.training.learning.losses import (
    Comparator,
    centre,
    code_distance,
    crop_side,
    euclidean_distance,
    image_distance,
    unit_distance,
    unit_length,
)
from dgn_explorer.training.photographs.own_size import OwnSize


class Objective:
    """The losses of a run's settings, and their gradients.

    Photographs of fewer pixels than the image are compared at their own size, and the discriminator
    leaves them out: it would learn that photographs are soft. Only where there are no others,
    ``judges_soft`` lets it see them.
    """

    def __init__(
        self,
        setup: Setup,
        encoder: Encoder,
        generate: Callable[[Tensor], Tensor],
        discriminator: Discriminator,
        device: torch.device,
    ) -> None:
        self._setup, self._settings, self._device = setup, setup.settings, device
        self._encoder, self._generate, self._discriminator = encoder, generate, discriminator
        self._scale = encoder.space().to(device).scale
        self._bf16 = self._settings.bf16 and fast_bf16(device)
        self._read = FeatureReader(setup.network, [setup.layer])
        self.compare = Comparator(setup.comparator, list(setup.layers), setup.comparator_size)
        self.judges_soft = False
        self._own_size = OwnSize(self._settings.image_size, device)

    def fast(self, everywhere: bool = True) -> AbstractContextManager[Any]:
        """Bfloat16 autocast where it helps; on CPUs that is not in the frozen networks."""
        enabled = self._bf16 and (everywhere or self._device.type == "cuda")
        return torch.autocast(self._device.type, torch.bfloat16, enabled=enabled)

    def encode(self, rgb: Tensor) -> Tensor:
        """Codes (N, K) of images (N, 3, S, S) in [0, 1], with their gradient."""
        seen = resize(centre(rgb, self._settings.view), self._setup.encoder_size)
        code: Tensor = self._encoder(self._read(seen)[0])
        return code

    def backward(
        self,
        pixels: Tensor,  # (N, 3, S, S) uint8
        sides: Tensor | None,  # (N,) own sizes in px; None: all are sharp
        chance: Chance,
        adversarial: bool,
        judge_learns: bool,
    ) -> Tensor:
        """Add the gradients of one pass; (5,) losses in the order of `trainer.Losses`."""
        s = self._settings
        real = pixels.to(memory_format=torch.channels_last).float() / 255
        with torch.no_grad():
            code = self.encode(real)
        noisy = code + chance.noise(code, s.code_noise) * self._scale
        if self._encoder.kind == "activations":
            noisy = noisy.clamp_min(0)
        with self.fast():
            fake = self._generate(noisy)
        fake = fake.float()
        shown = fake if sides is None else self._own_size(fake, sides)
        real_seen, fake_seen = centre(real, s.view), centre(shown, s.view)
        image = image_distance(fake_seen, real_seen, s.image_loss)
        side = crop_side(real_seen.shape[-1], s.crop_share)
        real_crop, fake_crop = chance.cut([real_seen, fake_seen], side)
        with self.fast(everywhere=False):
            with torch.no_grad():
                real_features = self.compare(real_crop)
            fake_features = self.compare(fake_crop)
        feature = self.feature_distance(fake_features, real_features)
        loss = s.image_weight * image + s.feature_weight * feature
        zero = torch.zeros((), device=self._device)
        code_loss, judged, fooled = zero, zero, zero
        if s.code_weight > 0:
            code_loss = code_distance(self.encode(shown), noisy.detach(), self._scale)
            loss = loss + s.code_weight * code_loss
        if adversarial:
            sharp = None if sides is None or self.judges_soft else sides >= s.image_size
            rows = None if sharp is None else sharp.float()
            features = unit_length(real_features), unit_length(fake_features)
            images = (real_seen, fake_seen)
            judged = self.judge(images, features, code, rows, judge_learns)
            fooled = self.fooled(fake_seen, features[1], code, rows)
            loss = loss + s.adversarial_weight * fooled
        (loss / s.accumulate).backward()  # type: ignore[no-untyped-call]
        return torch.stack([image, feature, fooled, judged, code_loss]).detach()

    def feature_distance(self, fake: list[Tensor], real: list[Tensor]) -> Tensor:
        """The feature loss of the settings, for features as the comparator gives them."""
        weights = list(self._setup.layer_weights)
        if self._settings.feature_loss == "euclidean":
            return euclidean_distance(fake, real, weights)
        return unit_distance(unit_length(fake), unit_length(real), weights)

    def judge(
        self,
        images: tuple[Tensor, Tensor],  # real and made: (N, 3, S, S) in [0, 1]
        features: tuple[list[Tensor], list[Tensor]],  # (N, C, H, W) each, of unit length
        code: Tensor,  # (N, K)
        rows: Tensor | None,  # (N,)
        learns: bool,
    ) -> Tensor:
        """The discriminator's loss, in one pass over both; its gradients are added if it learns."""
        d = self._discriminator
        count = len(code)
        follow_norms(d, learns)
        with torch.set_grad_enabled(learns):
            both = [torch.cat([a, b.detach()]) for a, b in zip(*features, strict=True)]
            with self.fast():
                scores = d(torch.cat([images[0], images[1].detach()]), both, code.repeat(2, 1))
            on_real, on_fake = ([s.split(count)[i] for s in scores] for i in (0, 1))
            loss = d.judge_real(on_real, rows) + d.judge_fake(on_fake, rows)
        if loss.requires_grad:
            (loss / self._settings.accumulate).backward()  # type: ignore[no-untyped-call]
        return loss

    def fooled(
        self, images: Tensor, features: list[Tensor], code: Tensor, rows: Tensor | None
    ) -> Tensor:
        """The generator's loss, from the discriminator as it is."""
        d: nn.Module = self._discriminator
        follow_norms(d, False)
        with self.fast():
            d.requires_grad_(False)
            scores = d(images, features, code)
            d.requires_grad_(True)
        return self._discriminator.fooled(scores, rows)
