"""What the methods for one photograph come to, over several photographs.

``python -m tests.benchmarks.photographs FOLDER_OR_ZIP --part saliency`` prints the tables of
docs/methods.md, for photographs in class-index order: the deletion curves of saliency maps against
a random order, or how near inversions come. Photographs are drawn by a fixed seed, and never from
those that a parameter's default was chosen on. All photographs of an inversion are made in one
batch. ``--json FILE`` adds a line a photograph, ``--sheet`` writes a JPEG of what came out.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before anything imports torch

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import dgn_explorer as dgn
from dgn_explorer.api import Explorer
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.reading import decode_photo
from dgn_explorer.results.record import Record
from dgn_explorer.studies.saliency.about import HOWS
from dgn_explorer.synthesis.choosing import changed
from dgn_explorer.synthesis.features import Features, Wanted, cosine, relative_error
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.methods.inversion.about import INVERSION, PRIOR_INVERSION
from dgn_explorer.synthesis.methods.inversion.fourier import fourier
from dgn_explorer.synthesis.methods.inversion.through import through
from dgn_explorer.synthesis.targets import Match
from tests.benchmarks.pictures import drawn, settings
from tests.benchmarks.sets import Field, keep_row, keep_sheet

SHOWN_PX = 128
LAYERS = ("blocks.4", "blocks.10", "blocks.15", "head")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="folder or zip, one photograph a class, in order")
    parser.add_argument("--count", type=int, default=10, help="photographs to measure")
    parser.add_argument("--every", action="store_true", help="all of a few; not for saliency")
    parser.add_argument("--layer", nargs="*", default=LAYERS, help="layers of inversion")
    parser.add_argument("--set", nargs="*", default=(), help="parameters, NAME=VALUE")
    parser.add_argument(
        "--try", action="append", dest="tried", help='a row for "NAME=VALUE ..."; several times'
    )
    parser.add_argument(
        "--tuning", action="store_true", help="measure those that defaults are chosen on instead"
    )
    parser.add_argument("--how", nargs="*", default=HOWS, help="families of saliency")
    parser.add_argument("--part", choices=("saliency", "inversion", "prior"), required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="add a JSON line a photograph to this file")
    parser.add_argument("--sheet", type=Path, help="a JPEG of photographs and what they became")
    given = parser.parse_args()
    photos = list(drawn(given.photos, given.count, given.tuning, given.every))
    if given.part == "saliency":
        changes = settings([], given.set)["default"]
        with dgn.open(progress=False, device=given.device) as explorer:
            print_deletion(explorer, photos, given.how, changes)
        return
    field = Field(given.device)
    tried = settings(given.tried or (), given.set)
    print_inversion(field, photos, given.part == "prior", given.layer, tried, given)


def print_deletion(
    explorer: Explorer,
    photos: Sequence[tuple[int, bytes]],
    hows: Sequence[str],
    changes: Mapping[str, str],
) -> None:
    """The share of the probability that is left, for each family."""
    print(
        "| family | top 5 % blurred | top 20 % | random 5 % | random 20 % | beats random | error |"
    )
    print("|---|---|---|---|---|---|---|")
    for how in hows:
        if how == "deconvnet":
            continue  # refused: no max-pooling
        made = [
            explorer.explain(photo, f"class:{index}", how, parameters={"deletion": True, **changes})
            for index, photo in photos
        ]
        print(_row(how, made), flush=True)


def _row(how: str, made: Sequence[Record]) -> str:
    shares = made[0].array("deleted")
    low, high = (int(np.abs(shares - share).argmin()) for share in (0.05, 0.2))
    left = np.stack([one.array("left")[0] for one in made])
    random = np.stack([one.array("left_at_random")[0] for one in made])
    better = int((left[:, 1:-1].mean(1) < random[:, 1:-1].mean(1)).sum())
    errors = [float(e) for one in made for e in one.parts.get("completeness_error", ())]
    error = f"{np.median(errors):.3f} (mean {np.mean(errors):.3f})" if errors else ""
    numbers = (left[:, low], left[:, high], random[:, low], random[:, high])
    # of the mean probability: shares of single photographs explode where it is next to nothing
    cells = " | ".join(f"{x.mean() / left[:, 0].mean():.2f}" for x in numbers)
    return f"| {how} | {cells} | {better} of {len(made)} | {error} |"


def print_inversion(
    field: Field,
    photos: Sequence[tuple[int, bytes]],
    prior: bool,
    layers: Sequence[str],
    tried: Mapping[str, Mapping[str, str]],
    given: argparse.Namespace,
) -> None:
    """Relative error, cosine and the plain image's error at each layer: mean, and the worst."""
    print("| layer | setting | n | relative error | worst | cosine | worst | plain image | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    size = field.network.info.working_size
    squares = np.stack([middle_square(decode_photo(data, "a photo"), size) for _, data in photos])
    inputs = (Input("photo", hashlib.sha256(photos[0][1]).hexdigest()),)
    shown, names = [squares], ["photographs"]
    method = PRIOR_INVERSION if prior else INVERSION
    for layer in layers:
        features = Features(field.network, layer)
        wanted = Wanted(features, features.of_images(squares), squares)
        plain = relative_error(features.of_images(_plain(squares)), wanted.values)
        for name, changes in tried.items():
            parameters = changed(method, method.default, changes)
            recipe = field.recipe(Match(layer), method.name, parameters, inputs=inputs)
            began = field.now()
            if prior:
                steps = through(field.bench(), recipe, wanted)
            else:
                steps = fourier(field.network, recipe, wanted)
            for step in steps:
                last = step
            images = last.images()
            seconds = (field.now() - began) / len(photos)
            found = features.of_images(images, field.prior if prior else None)
            errors, cosines = relative_error(found, wanted.values), cosine(found, wanted.values)
            print(_inversion_row(layer, name, errors, cosines, plain, seconds), flush=True)
            for n, (place, _) in enumerate(photos):
                numbers = {"relative_error": errors[n], "cosine": cosines[n], "plain": plain[n]}
                rounded = {key: round(float(value), 4) for key, value in numbers.items()}
                about = {"layer": layer, "setting": name, "photo": place}
                if given.json:
                    keep_row(given.json, {**about, **rounded, "seconds": round(seconds, 2)})
            shown.append(images)
            names.append(f"{layer} {name}")
            if given.sheet:
                keep_sheet(given.sheet, [_small(one) for one in shown], names)


def _plain(squares: np.ndarray) -> np.ndarray:
    means = squares.mean((1, 2), keepdims=True).round().astype(np.uint8)
    return np.broadcast_to(means, squares.shape).copy()


def _small(images: np.ndarray) -> np.ndarray:
    sized = [Image.fromarray(one).resize((SHOWN_PX, SHOWN_PX)) for one in images]
    return np.stack([np.array(one) for one in sized])


def _inversion_row(
    layer: str,
    name: str,
    errors: torch.Tensor,
    cosines: torch.Tensor,
    plain: torch.Tensor,
    seconds: float,
) -> str:
    return (
        f"| {layer} | {name} | {len(errors)} | {errors.mean():.3f} | {errors.max():.2f}"
        f" | {cosines.mean():.3f} | {cosines.min():.2f} | {plain.mean():.2f} | {seconds:.1f} |"
    )


if __name__ == "__main__":
    main()
