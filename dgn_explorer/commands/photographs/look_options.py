"""The options that say how a map is drawn."""

import functools
from collections.abc import Callable
from typing import Any

import click

from dgn_explorer.export.heat import TONES, Look

Command = Callable[..., Any]

_LOOK = Look()
_LOOK_OPTIONS = (
    click.option("--tone", type=click.Choice(TONES), default=TONES[0], show_default=True,
                 help="How numbers become colours."),
    click.option("--absolute", is_flag=True, help="Forget signs."),
    click.option("--smooth", type=float, default=_LOOK.smooth, show_default=True,
                 help="Blur the map, sigma in pixels."),
    click.option("--clip", type=float, default=_LOOK.clip, show_default=True,
                 help="Percentile of the magnitudes that is full colour."),
    click.option("--opacity", type=float, default=_LOOK.opacity, show_default=True,
                 help="Of the map over the photograph."),
)  # fmt: skip


def look_options(command: Command) -> Command:
    """How a map is drawn; the command gets it as the `Look` ``look``."""

    @functools.wraps(command)
    def with_look(
        *args: Any,
        tone: str,
        absolute: bool,
        smooth: float,
        clip: float,
        opacity: float,
        **given: Any,
    ) -> Any:
        return command(*args, look=Look(opacity, clip, smooth, absolute, tone), **given)

    for option in reversed(_LOOK_OPTIONS):
        with_look = option(with_look)
    return with_look
