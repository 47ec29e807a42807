"""Sample sheets, and the errors on held-out photographs."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from dgn_explorer.disk import replacing
from dgn_explorer.training.learning.losses import centre
from dgn_explorer.training.learning.trainer import Trainer
from dgn_explorer.training.photographs.data import TrainingPhotos
from dgn_explorer.training.running.folder import SAMPLES_NAME

COLUMNS = 12
MEASURED = 48  # held-out photographs


class Samples:
    """Sheets of three rows: real photographs, their reconstructions, and images of random codes."""

    def __init__(self, trainer: Trainer, photos: TrainingPhotos, folder: Path) -> None:
        self._trainer = trainer
        self._folder = folder / SAMPLES_NAME
        self._real = photos.held_out(MEASURED)

    @torch.no_grad()
    def write(self) -> dict[str, float]:
        """Write a sheet named after the step; return the errors on held-out photographs.

        They are the mean absolute pixel error (0 to 1) and the squared feature distance (0 to 4).
        """
        trainer = self._trainer
        real, rebuilt = self._rebuilt()
        rows = [real[:COLUMNS], rebuilt[:COLUMNS], self._generate(random_codes(trainer, COLUMNS))]
        rows = [row for row in rows if len(row)]
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{trainer.index:08d}.png"
        with replacing(path) as temporary:
            sheet_of(rows).save(temporary, "PNG")
        return self._measure(real, rebuilt)

    def _measure(self, real: Tensor, rebuilt: Tensor) -> dict[str, float]:
        if not len(real):
            return {}
        view = self._trainer.settings.view
        pixel = (centre(rebuilt, view) - centre(real, view)).abs().mean()
        return {
            "mean_absolute_error": round(float(pixel), 5),
            "feature_distance": round(self._trainer.feature_error(rebuilt, real), 5),
        }

    def _rebuilt(self) -> tuple[Tensor, Tensor]:
        """Held-out photographs and what the generator makes of their codes, (n, 3, S, S) each."""
        size = self._trainer.settings.batch
        pairs = []
        for pixels in torch.split(self._real, size) if len(self._real) else ():
            real = pixels.to(self._trainer.device).float() / 255
            pairs.append((real, self._generate(self._trainer.encode(real))))
        if not pairs:
            empty = self._real.to(self._trainer.device).float()
            return empty, empty
        real, rebuilt = (torch.cat(parts) for parts in zip(*pairs, strict=True))
        return real, rebuilt

    def _generate(self, codes: Tensor) -> Tensor:
        with self._trainer.objective.fast():
            parts = [self._trainer.ema(c) for c in torch.split(codes, self._trainer.settings.batch)]
        return torch.cat(parts).float()


def random_codes(trainer: Trainer, count: int) -> Tensor:
    """The same Gaussian codes (count, K) every time, with the codes' mean, scale and bounds."""
    space = trainer.space
    noise = torch.randn(count, space.size, generator=torch.Generator().manual_seed(0))
    return space.clamp(space.mean + space.scale * noise.to(trainer.device))


def sheet_of(rows: list[Tensor]) -> Image.Image:
    """One image of rows of images [(n, 3, S, S) in [0, 1], ...]; short rows end in white."""
    width = max(len(row) for row in rows)
    size = rows[0].shape[-1]
    sheet = torch.ones(3, size * len(rows), size * width)
    for i, row in enumerate(rows):
        joined = torch.cat(list(row.cpu()), dim=2)
        sheet[:, i * size : (i + 1) * size, : joined.shape[2]] = joined
    pixels = (sheet.clamp(0, 1) * 255).round().byte().permute(1, 2, 0)
    return Image.fromarray(pixels.contiguous().numpy())
