"""``dgn-explorer animate``: an ascent, or the way from one unit's image to another's."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from dgn_explorer.commands.ascent_options import Ascent, ascent_options
from dgn_explorer.commands.images import Progress, make_recipe, title_of
from dgn_explorer.commands.options import (
    device_option,
    json_option,
    network_option,
    prior_option,
)
from dgn_explorer.commands.terminal import print_json, say
from dgn_explorer.engine.messages import Decode, Failed, Opened, Replay
from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.morph import MAX_FRAMES, PATHS, between
from dgn_explorer.synthesis.recipe import Recipe

if TYPE_CHECKING:
    from dgn_explorer.commands.session import EngineSession


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
@click.option("--threads", type=click.IntRange(1, 256), default=None, help="CPU threads.")
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
    from dgn_explorer.commands.session import engine_session
    from dgn_explorer.commands.step_size import with_step_size
    from dgn_explorer.export.animation import save_animation

    if out.exists() and not overwrite:
        raise DgnError(f"{out} is there already.", "Choose another --out, or add --overwrite.")
    with engine_session(device, threads) as session:
        opened = session.open(network, prior)
        parameters = with_step_size(ascent, opened, network, prior, device)
        units = [opened.network.resolve(text) for text in addresses]  # all, before the first starts
        recipes = [make_recipe(opened, unit, ascent.method, parameters, seed) for unit in units]
        if len(recipes) == 1:
            steps = getattr(parameters, "steps", MAX_FRAMES)
            pictures = session.answer(Replay(recipes[0], steps, frames))
        else:
            codes = _codes(session, opened, recipes)
            pictures = session.answer(Decode(opened.prior.fingerprint, _way(codes, frames, path)))
    save_animation(out, list(pictures), frames_per_second=fps, back=back, scale=scale)
    say(f"{len(pictures)} frames in {out}", err=True)
    if as_json:
        print_json({"frames": len(pictures), "path": str(out.absolute())})


def _codes(session: "EngineSession", opened: Opened, recipes: list[Recipe]) -> list[np.ndarray]:
    progress = Progress([title_of(opened, recipe) for recipe in recipes])
    codes: dict[int, np.ndarray] = {}
    for place, event in session.run(recipes, progress.show):
        if isinstance(event, Failed):
            raise DgnError(event.message, event.hint)
        codes[place] = event.result.code
    return [codes[place] for place in range(len(recipes))]


def _way(codes: list[np.ndarray], frames: int, path: str) -> np.ndarray:
    """Codes (about ``frames``, K) through all of ``codes``, the joints once."""
    legs = len(codes) - 1
    each = max(2, round((frames - 1) / legs) + 1)
    parts = [between(codes[n], codes[n + 1], each, path)[:-1] for n in range(legs)]
    return np.concatenate([*parts, codes[-1][None]]).astype(np.float32)
