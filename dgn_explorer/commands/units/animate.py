"""``dgn-explorer animate``: an ascent, or the way from one unit's image to another's."""

from pathlib import Path

import click
import numpy as np

from dgn_explorer.commands.opening import explorer_for
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    prior_option,
    threads_option,
)
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.commands.units.ascent_options import Ascent, ascent_options
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.morph import MAX_FRAMES, PATHS, between


@click.command("animate")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS [ADDRESS]...")
@network_option
@prior_option
@ascent_options
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of every image.")
@click.option(
    "--frames", type=click.IntRange(2, MAX_FRAMES), default=60, show_default=True, help="Frames."
)
@click.option("--fps", type=float, default=20.0, show_default=True, help="Frames a second.")
@click.option(
    "--path",
    type=click.Choice(PATHS),
    default=PATHS[0],
    show_default=True,
    help="Way between two codes.",
)
@click.option("--back", is_flag=True, help="Play backwards at the end, for loops without a jump.")
@click.option("--scale", type=float, default=1.0, show_default=True, help="Size of the frames.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("animation.webp"),
    show_default=True,
    help="A .gif, .webp or .mp4 file.",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@device_option
@threads_option
@json_option
def animate_command(
    addresses: tuple[str, ...],
    network: str,
    prior: str,
    ascent: Ascent,
    seed: int,
    frames: int,
    fps: float,
    path: str,
    back: bool,
    scale: float,
    out: Path,
    overwrite: bool,
    device: str | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Film the ascent of one unit, or the way through the images of several.

    ADDRESS is a class name (volcano), class:980, or layer:index[@row,col].
    """
    from dgn_explorer.commands.units.images import ProgressLine, title_of
    from dgn_explorer.engine.messages import Decode, Failed, Finished, Frame, Replay
    from dgn_explorer.export.animation import check_film, save_animation
    from dgn_explorer.synthesis.targets import Maximise

    check_film(out)
    if out.exists() and not overwrite:
        raise DgnError(f"{out} is there already.", "Choose another --out, or add --overwrite.")
    with explorer_for(network, prior, device, threads) as explorer:
        targets = [Maximise.of(explorer.network.resolve(text)) for text in addresses]
        recipes = explorer.recipes(targets, ascent.wanted, seeds=(seed,), inputs=ascent.inputs)
        if len(recipes) == 1:
            steps = getattr(recipes[0].parameters, "steps", MAX_FRAMES)
            pictures = explorer.session.answer(Replay(recipes[0], steps, frames))
        else:
            progress = ProgressLine([title_of(explorer, recipe) for recipe in recipes])
            codes: dict[int, np.ndarray] = {}
            for place, event in explorer.session.run(recipes):
                if isinstance(event, Failed):
                    raise DgnError(event.message, event.hint)
                if isinstance(event, Frame):
                    progress.show(place, event)
                elif isinstance(event, Finished):
                    codes[place] = event.record.code
            way = _way([codes[place] for place in range(len(recipes))], frames, path)
            pictures = explorer.session.answer(Decode(explorer.prior.fingerprint, way))
    save_animation(out, list(pictures), frames_per_second=fps, back=back, scale=scale)
    say(f"{len(pictures)} frames in {out}", err=True)
    if as_json:
        print_json({"frames": len(pictures), "path": str(out.absolute())})


def _way(codes: list[np.ndarray], frames: int, path: str) -> np.ndarray:
    """Codes (about ``frames``, K) through all of ``codes``, the joints once."""
    legs = len(codes) - 1
    each = max(2, round((frames - 1) / legs) + 1)
    parts = [between(codes[n], codes[n + 1], each, path)[:-1] for n in range(legs)]
    return np.concatenate([*parts, codes[-1][None]]).astype(np.float32)
