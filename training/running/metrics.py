"""The metrics of a run: a CSV file with the mean losses of every 100 steps, and their curves."""

import csv
import io
import math
from dataclasses import asdict, fields
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from dgn_explorer.disk import read_file, replacing, write_file
from dgn_explorer.training.learning.trainer import Losses

NAME = "metrics.csv"
EVERY = 100
_LOSSES = tuple(field.name for field in fields(Losses))
COLUMNS = ("step", "seconds", *_LOSSES, "learning_rate", "images_per_s")

WIDTH, HEIGHT, MARGIN = 480, 200, 28  # of one curve's panel, in pixels
_PAPER, _INK, _FRAME, _LINE = "#ffffff", "#202020", "#c8c8c8", "#1f6fb4"


class Metrics:
    """Appends mean losses to a CSV file, one line for every 100 steps and one at every checkpoint.

    Lines after step ``index`` are dropped on opening: a run that goes on from a checkpoint does the
    steps after it again. A loss that a step does not have (NaN) is an empty cell.
    """

    def __init__(self, path: Path, index: int) -> None:
        self._path = path
        self._pending: list[Losses] = []
        self._steps = 0
        kept = [row for row in read_metrics(path) if row["step"] <= index]
        file = io.StringIO(newline="")
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([_cell(row.get(name, math.nan)) for name in COLUMNS] for row in kept)
        write_file(path, file.getvalue().encode())

    def add(
        self,
        step: int,
        seconds: float,
        losses: Losses,
        learning_rate: float,
        rate: float,
        steps: int = 1,
    ) -> None:
        """Record the mean losses of the ``steps`` up to ``step``; ``rate`` is in images a second.

        ``steps`` is the same in every call but the last before a `flush`.
        """
        self._pending.append(losses)
        self._steps += steps
        self._last = (step, seconds, learning_rate, rate)
        if self._steps >= EVERY:
            self.flush()

    def flush(self) -> None:
        """Write the mean over the steps since the last line."""
        if not self._pending:
            return
        step, seconds, learning_rate, rate = self._last
        columns = zip(*(asdict(losses).values() for losses in self._pending), strict=True)
        row = [step, round(seconds, 1), *map(_mean, columns), learning_rate, round(rate, 2)]
        with self._path.open("a", newline="") as file:
            csv.writer(file).writerow([_cell(value) for value in row])
        self._pending.clear()
        self._steps = 0


def read_metrics(path: Path) -> list[dict[str, float]]:
    """The lines of a metrics file by column name, empty cells as NaN; none if there is no file.

    Lines that were cut off in the middle or damaged are left out.
    """
    if not path.is_file():
        return []
    text = read_file(path).decode(errors="replace")
    names, *lines = (x.split(",") for x in text.splitlines() or [""])
    rows = [_row(names, cells) for cells in lines if len(cells) == len(names)]
    return [row for row in rows if math.isfinite(row.get("step", math.nan))]


def _row(names: list[str], cells: list[str]) -> dict[str, float]:
    try:
        return {k: float(v) if v else math.nan for k, v in zip(names, cells, strict=True)}
    except ValueError:
        return {}


def draw_curves(path: Path, rows: list[dict[str, float]]) -> None:
    """Draw one panel for each loss over the steps into the PNG ``path``; nothing without rows."""
    shown = [n for n in _LOSSES if any(row.get(n, 0) and row[n] == row[n] for row in rows)]
    if not shown:
        return
    sheet = Image.new("RGB", (WIDTH, HEIGHT * len(shown)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for i, name in enumerate(shown):
        points = [(row["step"], row[name]) for row in rows if math.isfinite(row[name])]
        _draw_panel(draw, HEIGHT * i, name, points)
    with replacing(path) as temporary:
        sheet.save(temporary, "PNG")


def _draw_panel(
    draw: ImageDraw.ImageDraw, top: int, name: str, points: list[tuple[float, float]]
) -> None:
    left, right = MARGIN, WIDTH - MARGIN
    upper, lower = top + MARGIN, top + HEIGHT - MARGIN
    steps, values = zip(*points, strict=True)
    lowest, highest = min(values), max(values)
    first, last = min(steps), max(steps)
    font = ImageFont.load_default(12)
    draw.rectangle((left, upper, right, lower), outline=_FRAME)
    draw.text((left, top + 8), f"{name}  {values[-1]:.4g}", _INK, font)
    draw.text((right, top + 8), f"{lowest:.4g} to {highest:.4g}", _INK, font, anchor="ra")
    draw.text((left, lower + 4), f"step {first:.0f}", _INK, font)
    draw.text((right, lower + 4), f"{last:.0f}", _INK, font, anchor="ra")

    def place(step: float, value: float) -> tuple[float, float]:
        across = (step - first) / (last - first or 1)
        up = (value - lowest) / (highest - lowest or 1)
        return left + across * (right - left), lower - up * (lower - upper)

    places = [place(*point) for point in points]
    if len(places) == 1:
        draw.point(places, _LINE)
    draw.line(places, _LINE, 2)


def _mean(values: tuple[float, ...]) -> float:
    present = [value for value in values if math.isfinite(value)]
    return sum(present) / len(present) if present else math.nan


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.10g}"
