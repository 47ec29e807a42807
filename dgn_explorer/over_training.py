"""`film_strip`: the same recipe at every checkpoint of a series, in one row.

Checkpoints are opened one after another, so that a long series takes no more memory than one
network, and everything made is in the store, so that a strip that was stopped goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dgn_explorer import api
from dgn_explorer.engine.messages import Failed, Finished
from dgn_explorer.engine.ordering import Wanted, recipe_for
from dgn_explorer.errors import DgnError
from dgn_explorer.export.grid import Cell, make_grid
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.networks.spec_text import parse_spec, spec_text
from dgn_explorer.results.record import Record
from dgn_explorer.results.store import Store
from dgn_explorer.synthesis.targets import Maximise

FRAMES_PER_SECOND = 2.0  # of a film: a frame a checkpoint
CAPTION_PX = 240  # step-100000: 12.3, yellow cross 100%

Said = Callable[[str], None]


@dataclass(frozen=True)
class Strip:
    """Images of units over training: ``keys[unit][position]`` of records in ``store``."""

    positions: tuple[str, ...]
    units: tuple[UnitAddress, ...]
    names: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    classes: tuple[str, ...] = field(repr=False)
    store: Store = field(repr=False)

    def record(self, unit: int, position: int) -> Record:
        """The record of the unit and the checkpoint of these numbers; raises `DgnError`."""
        record = self.store.get(self.keys[unit][position])
        if record is None:
            raise DgnError(
                f"The image of {self.units[unit]} at {self.positions[position]} is gone.",
                "Make the strip again.",
            )
        return record

    def caption(self, unit: int, position: int) -> str:
        """The checkpoint, the activation and the verdict of an image."""
        record = self.record(unit, position)
        text = f"{self.positions[position]}: {record.activation:.3g}"
        if record.top:
            best, share = record.top[0]
            name = self.classes[best] if best < len(self.classes) else f"class {best}"
            text += f", {name} {share:.0%}"
        return text

    def cells(self) -> list[Cell]:
        """All images with captions: a row for each unit, its name, then each checkpoint."""
        found = []
        for unit, name in enumerate(self.names):
            row = [
                Cell(self.record(unit, at).image, self.caption(unit, at))
                for at in range(len(self.positions))
            ]
            found += [Cell(np.full_like(row[0].image, 255), name), *row]
        return found

    def scale(self) -> float:
        """How many times the images' size leaves room for their captions."""
        return max(1.0, CAPTION_PX / int(self.record(0, 0).image.shape[1]))

    def film(self, unit: int = 0) -> list[np.ndarray]:
        """A frame (H, W, 3) uint8 for each checkpoint, with the unit's name and the caption."""
        return [
            make_grid(
                [Cell(self.record(unit, at).image, self.caption(unit, at))],
                1,
                title=self.names[unit],
                scale=self.scale(),
            )
            for at in range(len(self.positions))
        ]

    def rows(self) -> list[dict[str, Any]]:
        """A row for each image: unit, checkpoint, activation, best class and its probability."""
        found = []
        for unit, address in enumerate(self.units):
            for at, position in enumerate(self.positions):
                record = self.record(unit, at)
                best, share = record.top[0] if record.top else (None, None)
                found.append(
                    {
                        "unit": str(address),
                        "label": self.names[unit],
                        "position": position,
                        "activation": record.activation,
                        "top1": best,
                        "top1_label": ""
                        if best is None or best >= len(self.classes)
                        else self.classes[best],
                        "top1_probability": share,
                        "key": record.key,
                    }
                )
        return found


def film_strip(
    network: str,
    units: Sequence[str],
    *,
    prior: str = api.DEFAULT_PRIOR,
    wanted: Wanted | None = None,
    seed: int = 0,
    positions: Sequence[str] = (),
    device: str | None = None,
    threads: int | None = None,
    batch: int | None = None,
    confirm: Callable[[str], bool] = lambda question: False,
    notice: Said = lambda text: None,
    progress: Said = lambda text: None,
) -> Strip:
    """The images of ``units`` at all ``positions`` of a series, by default at every one.

    ``wanted`` says how (``Wanted.of("pixels", changes={"steps": 100})``), DGN-AM by default.
    Unit, seed, prior and parameters are the same everywhere; so is the step size, which is found
    at the checkpoint that ``network`` names, the last one by default. Raises `DgnError`.
    """
    wanted = wanted or Wanted.of(api.DEFAULT_METHOD)

    def opened(spec: str) -> api.Explorer:
        return api.open(
            spec,
            prior,
            device=device,
            threads=threads,
            batch=batch,
            confirm=confirm,
            notice=notice,
            progress=False,
        )

    with opened(network) as explorer:
        info, store = explorer.network, explorer.store
        chosen = positions_of(info, positions)
        addresses = [unit for text in units for unit in info.resolve_all(text)]
        (first,) = explorer.recipes([Maximise.of(addresses[0])], wanted)
    columns: list[list[str]] = []
    for number, position in enumerate(chosen, 1):
        progress(f"{position}, {number} of {len(chosen)}")
        with opened(at_position(info, position)) as explorer:
            if explorer.network.layers != info.layers:
                raise DgnError(
                    f"The layers of {position} are not those of {info.position}.",
                    "Take checkpoints of one architecture.",
                )
            recipes = [
                recipe_for(
                    explorer.opened, Maximise.of(unit), first.method, first.parameters, seed=seed
                )
                for unit in addresses
            ]
            for _, event in explorer.session.run(recipes):
                if isinstance(event, Failed):
                    raise DgnError(event.message, event.hint)
                if isinstance(event, Finished) and event.notice:
                    raise DgnError(f"An image was not stored. {event.notice}", "Free some space.")
            columns.append([recipe.key for recipe in recipes])
    return Strip(
        chosen,
        tuple(addresses),
        tuple(info.label(unit) or str(unit) for unit in addresses),
        tuple(zip(*columns, strict=True)),
        info.labels,
        store,
    )


def positions_of(info: NetworkInfo, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """The checkpoints called ``wanted``, all of a series by default; raises `DgnError`."""
    if not info.positions:
        raise DgnError(
            f"{info.name} is one network and no series of checkpoints.",
            "Name a folder of checkpoints, files between commas, or the example: shapes.",
        )
    unknown = [one for one in wanted if one not in info.positions]
    if unknown:
        raise DgnError(
            f"{info.name} has no checkpoint {unknown[0]!r}.",
            f"Its positions are {', '.join(info.positions[:20])}.",
        )
    return tuple(wanted) or info.positions


def at_position(info: NetworkInfo, position: str) -> str:
    """The spec of another checkpoint of a series."""
    spec, options = parse_spec(info.name)
    return spec_text(f"{spec.removesuffix(f'@{info.position}')}@{position}", options)
