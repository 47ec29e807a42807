"""Draw the pictures of the questions: ``python -m tests.example_pictures FOLDER [NAME...]``.

Whatever needs only a picture is asked of the program itself, about the picture of the question
*Best image*, which its generator drew. What needs a set of photographs, or takes long, is a drawing
of what the answer looks like. Move what is good to ``resources/``; each may take 15 KB.
"""

import sys
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import dgn_explorer
from dgn_explorer.api.explorer import Explorer
from dgn_explorer.results.record import Record

EDGE_PX, MOST_BYTES = 288, 15_000
_GROUND, _INK, _BAR, _FRAME = (246, 247, 250), (38, 42, 49), (168, 158, 240), (85, 70, 208)
_HUES = ((214, 120, 62), (70, 140, 190), (92, 158, 92), (196, 160, 60), (150, 96, 170))


def best_image() -> np.ndarray:
    """The picture that the questions are asked about, (H, W, 3) uint8."""
    file = resources.files("dgn_explorer.resources").joinpath("example-best.jpg")
    with file.open("rb") as opened:
        return np.asarray(Image.open(opened).convert("RGB"))


def beside(pictures: Sequence[np.ndarray], columns: int, gap: int = 6) -> Image.Image:
    """Square pictures in rows on one ground."""
    rows = -(-len(pictures) // columns)
    edge = (EDGE_PX - gap * (columns - 1)) // columns
    sheet = Image.new("RGB", (EDGE_PX, rows * edge + (rows - 1) * gap), _GROUND)
    for number, picture in enumerate(pictures):
        tile = Image.fromarray(picture).resize((edge, edge), Image.Resampling.LANCZOS)
        sheet.paste(tile, (number % columns * (edge + gap), number // columns * (edge + gap)))
    return sheet


def bars(rows: Sequence[tuple[str, float, str]]) -> Image.Image:
    """Rows of a name, a share from 0 to 1 and what is said at the right."""
    sheet = Image.new("RGB", (EDGE_PX, 34 * len(rows) + 8), _GROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for number, (name, share, text) in enumerate(rows):
        top = 8 + 34 * number
        pen.rounded_rectangle((8, top, 280, top + 26), 6, (230, 232, 238))
        pen.rounded_rectangle((8, top, 8 + max(8, 272 * share), top + 26), 6, _BAR)
        pen.text((16, top + 13), name, _INK, font, anchor="lm")
        pen.text((272, top + 13), text, _INK, font, anchor="rm")
    return sheet


def scene(kind: int, seed: int) -> np.ndarray:
    """A drawn photograph of one of five kinds: a hill, a house, a tree, a boat, a flower."""
    rng = np.random.default_rng(10 * kind + seed)
    picture = Image.new("RGB", (96, 96), tuple(int(v) for v in rng.integers(186, 236, 3)))
    pen, hue = ImageDraw.Draw(picture), _HUES[kind]
    ground = int(rng.integers(60, 76))
    pen.rectangle((0, ground, 96, 96), tuple(int(0.6 * v + 60) for v in hue))
    x, size = int(rng.integers(30, 60)), int(rng.integers(16, 26))
    top = ground - size
    if kind == 0:
        pen.polygon([(x - 2 * size, ground), (x, top - size // 2), (x + 2 * size, ground)], hue)
    elif kind == 1:
        pen.rectangle((x - size, top, x + size, ground), hue)
        pen.polygon([(x - size - 4, top), (x, top - size), (x + size + 4, top)], (120, 70, 60))
    elif kind == 2:
        pen.rectangle((x - 3, top, x + 3, ground + 6), (110, 80, 60))
        pen.ellipse((x - size, top - size, x + size, top + size // 2), hue)
    elif kind == 3:
        pen.polygon([(x - size, ground), (x + size, ground), (x + size // 2, ground + 10)], hue)
        pen.polygon([(x, top - size), (x, ground - 2), (x + size, ground - 2)], (245, 245, 240))
    else:
        pen.line((x, top, x, 96), (80, 120, 70), 4)
        for angle in np.linspace(0, 2 * np.pi, 7)[:-1]:
            at = x + 12 * np.cos(angle), top + 12 * np.sin(angle)
            pen.ellipse((at[0] - 9, at[1] - 9, at[0] + 9, at[1] + 9), hue)
    return np.asarray(picture)


def crown(seed: int) -> tuple[int, int, int, int]:
    """The box of the tree in `scene` (2, ``seed``): what its unit would look at."""
    picture = scene(2, seed)
    rows, columns = np.nonzero((picture == np.array(_HUES[2], np.uint8)).all(-1))
    return columns.min() - 3, rows.min() - 3, columns.max() + 3, rows.max() + 3


def framed(picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """A picture with a frame in it."""
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).rectangle(box, outline=_FRAME, width=4)
    return np.asarray(image)


def real_photos() -> Image.Image:
    """Nine photographs with what the unit sees framed."""
    return beside([framed(scene(2, n), crown(n)) for n in range(9)], 3)


def in_range() -> Image.Image:
    """Six different pictures, and the range that all of them lie in."""
    sheet = Image.new("RGB", (EDGE_PX, 252), _GROUND)
    pictures = [scene(kind, 3) for kind in (0, 1, 2, 3, 4, 0)]
    sheet.paste(beside(pictures, 3), (0, 0))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    pen.line((10, 220, 278, 220), _INK, 2)
    pen.rounded_rectangle((120, 212, 190, 228), 6, _BAR)
    for n in range(6):
        at = 126 + 11 * n
        pen.ellipse((at - 3, 217, at + 3, 223), _FRAME)
    for at, text in ((120, "8"), (190, "10")):
        pen.text((at, 232), text, _INK, font, anchor="mt")
    return sheet


def kinds() -> Image.Image:
    """A row a kind: three photographs and one image."""
    rows = [[scene(kind, n) for n in range(3)] + [scene(kind, 9)] for kind in (1, 2, 3)]
    return beside([framed(p, (0, 0, 95, 95)) if n == 3 else p for row in rows
                   for n, p in enumerate(row)], 4)  # fmt: skip


def memory() -> Image.Image:
    """An image and the photographs nearest to it."""
    found = [framed(scene(4, 3), (0, 0, 95, 95)), *(scene(4, n) for n in (4, 5, 6))]
    return beside(found, 2)


def labels(_explorer: Explorer) -> Image.Image:
    """Concepts with how well units answer to them."""
    known = (("dog", 0.24), ("grass", 0.19), ("sky", 0.17), ("car", 0.12), ("striped", 0.09))
    return bars([(f"{name}", 3 * share, f"IoU {share:.2f}") for name, share in known])


def classes_of(record: Record, explorer: Explorer) -> Image.Image:
    """What a network sees."""
    names = explorer.network.labels
    rows = zip(record.array("class_index"), record.array("probability"), strict=True)
    return bars([(names[int(i)], float(p), f"{p:.0%}") for i, p in rows][:5])


def units_of(record: Record, explorer: Explorer) -> Image.Image:
    """The strongest units of the last layers."""
    network, rows = explorer.network, []
    layers, units = record.parts["layer"], record.array("unit")
    spread = record.array("deviations")
    for layer in ("fc", "head", "blocks.15", "blocks.10", "blocks.5"):
        at = next((n for n, one in enumerate(layers) if one == layer), None)
        if at is not None:
            name = network.labels[units[at]] if layer == network.output_layer else ""
            text = f"{spread[at]:.1f} above usual"
            share = min(1.0, float(spread[at]) / 12)
            rows.append((name or f"{layer}:{units[at]}", share, text))
    return bars(rows)


def main() -> None:
    """Make them all, or those that are named."""
    folder, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    folder.mkdir(parents=True, exist_ok=True)
    photo = best_image()
    with dgn_explorer.open("lite0", progress=False) as explorer:
        makers: dict[str, Callable[[], Image.Image]] = {
            "photos": real_photos,
            "kinds": kinds,
            "memory": memory,
            "labels": lambda: labels(explorer),
            "verdict": lambda: classes_of(explorer.verdict(photo), explorer),
            "strongest": lambda: units_of(explorer.strongest(photo), explorer),
            "where": lambda: beside([_drawn(explorer.explain(photo, "fc:207"), folder)], 1),
            "maps": lambda: beside(_maps(explorer.maps(photo, "stem")), 4),
            "caricature": lambda: _pair(photo, explorer.caricature(photo, "blocks.10")),
            "layer": lambda: _pair(photo, explorer.invert(photo, "blocks.5")),
            "rebuilt": lambda: _pair(photo, explorer.invert(photo, "blocks.15", "prior")),
            "range": in_range,
        }
        for name, make in makers.items():
            if not wanted or name in wanted:
                _save(make(), folder / f"example-{name}.jpg")


def _pair(photo: np.ndarray, record: Record) -> Image.Image:
    return beside([photo, record.image], 2)


def _maps(record: Record) -> list[np.ndarray]:
    """The first sixteen maps, each from its lowest to its highest value."""
    maps = np.asarray(record.array("maps"))[:16]
    low, high = (f(maps, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    grey = np.uint8(255 * (maps - low) / np.maximum(high - low, 1e-6))
    return list(np.repeat(grey[..., None], 3, -1))


def _drawn(record: Record, folder: Path) -> np.ndarray:
    (path,) = record.save(folder / "drawn.png")
    drawn = Image.open(path).convert("RGB")
    edge = min(drawn.size)
    return np.asarray(drawn.crop((0, 0, edge, edge)))


def _save(picture: Image.Image, path: Path) -> None:
    for quality in range(88, 20, -8):
        picture.save(path, quality=quality, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            break
    print(path, path.stat().st_size, flush=True)


if __name__ == "__main__":
    main()
