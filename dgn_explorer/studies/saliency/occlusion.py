"""Occlusion: what a unit loses when a grey square lies over a part (Zeiler & Fergus 2014)."""

import torch

from dgn_explorer.studies.saliency.about import SaliencyParameters
from dgn_explorer.studies.saliency.gradients import GREY
from dgn_explorer.studies.saliency.scene import Attribution, Pass, Scene, Work


@torch.no_grad()
def _score(scene: Scene, rgb: torch.Tensor) -> float:
    return float(scene.score(rgb))


def occlusion(scene: Scene, p: SaliencyParameters, layer: str) -> Work:
    """For every pixel the mean loss of activation over the squares that cover it, with its sign.

    Squares of ``window`` pixels, ``stride`` apart, the last ones at the edge. In the units of the
    activation.
    """
    size = scene.rgb.shape[-1]
    side = min(p.window, size)
    places = sorted({*range(0, size - side + 1, p.stride), size - side})
    whole = _score(scene, scene.rgb)
    lost, covered = torch.zeros(size, size), torch.zeros(size, size)

    def found() -> Attribution:
        return Attribution(lost / covered.clamp_min(1))

    squares = [(top, left) for top in places for left in places]
    for i, (top, left) in enumerate(squares):
        yield Pass(i, len(squares), found if i else None)
        rgb = scene.rgb.clone()
        rgb[..., top : top + side, left : left + side] = GREY
        lost[top : top + side, left : left + side] += whole - _score(scene, rgb)
        covered[top : top + side, left : left + side] += 1
    return found()
