"""The model card: what a prior was made from and how good it is, as data and as Markdown."""

import platform
from dataclasses import asdict, replace
from pathlib import Path

import torch

from dgn_explorer.disk import write_file
from dgn_explorer.machine.device import describe
from dgn_explorer.training.learning.encoder import Encoder
from dgn_explorer.training.learning.trainer import Losses, Trainer
from dgn_explorer.training.photographs.data import TrainingPhotos
from dgn_explorer.training.settings import TrainSettings
from dgn_explorer.version import __version__

Card = dict[str, object]


def make_card(
    trainer: Trainer,
    photos: TrainingPhotos,
    encoder: Encoder,
    errors: dict[str, float],
    losses: Losses | None,
) -> Card:
    """The card as plain data; it names sources by their file names alone, never by whole paths."""
    return {
        "settings": asdict(_without_paths(trainer.settings)),
        "layer": trainer.setup.layer,
        "photographs": photos.count,
        "held_out_photographs": photos.held_out_count,
        "skipped_files": photos.skipped,
        "data_licence": trainer.settings.data_licence or "not stated",
        "code_size": encoder.size,
        "variance_kept": round(encoder.kept, 4),
        "images_seen": trainer.index * trainer.batch,
        "training_hours": round(trainer.elapsed_s / 3600, 2),
        "held_out": errors,
        "losses": {} if losses is None else _rounded(losses),
        "hardware": f"{platform.machine()}, {describe(trainer.device)}",
        "processes": trainer.world.size,
        "versions": {"dgn-explorer": __version__, "torch": torch.__version__},
    }


def card_markdown(name: str, card: Card) -> str:
    """The card as a Markdown page."""
    settings = card["settings"]
    assert isinstance(settings, dict)
    sources = ", ".join(f"`{source}`" for source in settings["sources"])
    photographs = f"{card['photographs']:,} photographs from {sources}"
    lines = [
        f"# Prior {name}",
        "",
        f"A generator that turns codes of layer `{card['layer']}` of the network "
        f"`{settings['network']}` into images of {settings['image_size']} px.",
        "",
        "## Data",
        "",
        f"- {photographs}; {card['held_out_photographs']:,} more were held out, "
        f"{card['skipped_files']:,} files could not be read.",
        f"- Licence of the photographs: {card['data_licence']}.",
        "",
        "## Training",
        "",
        f"- {card['images_seen']:,} images seen in {card['training_hours']} hours on "
        f"{card['hardware']}, {card['processes']} process(es).",
        f"- The code's {card['code_size']} values keep {_percent(card['variance_kept'])} of the "
        "layer's variance.",
        "",
        "## Measured",
        "",
        *_table(("held-out error", "value"), card["held_out"]),
        "",
        *_table(("last loss", "value"), card["losses"]),
        "",
        "## Settings",
        "",
        *_table(("setting", "value"), settings),
        "",
        "Made with " + ", ".join(f"{k} {v}" for k, v in _items(card["versions"])) + ".",
    ]
    return "\n".join(lines) + "\n"


def write_markdown(path: Path, name: str, card: Card) -> None:
    """Write the card to ``path`` in one step."""
    write_file(path, card_markdown(name, card).encode())


def _without_paths(settings: TrainSettings) -> TrainSettings:
    names = tuple(Path(source).name for source in settings.sources)
    return replace(settings, sources=names, start=Path(settings.start).name)


def _rounded(losses: Losses) -> dict[str, float]:
    values = asdict(losses)
    return {name: round(v, 5) for name, v in values.items() if v == v}  # NaN: not in use yet


def _table(head: tuple[str, str], entries: object) -> list[str]:
    rows = [f"| {key} | {value} |" for key, value in _items(entries)]
    return [f"| {head[0]} | {head[1]} |", "| --- | --- |", *rows] if rows else []


def _items(entries: object) -> list[tuple[str, object]]:
    assert isinstance(entries, dict)
    return list(entries.items())


def _percent(share: object) -> str:
    assert isinstance(share, float)
    return f"{100 * share:.1f} %"
