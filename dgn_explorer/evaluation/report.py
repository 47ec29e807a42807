"""The numbers of an evaluation, as JSON and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dgn_explorer.plain_text import printable

_MEMORY = {
    "image": "distance of an image to the nearest photograph",
    "photograph": "of a photograph to the nearest other one",
    "near": "share of images nearer than 99 % of photographs",
    "control": "rebuilt photographs that find themselves",
}


@dataclass(frozen=True)
class Report:
    """One evaluation. Shares are 0 to 1; None is what could not be measured, see ``notes``.

    ``judge_top1`` and ``judge_top5`` are means over the ``judges``, each of which has its own two.
    The Fréchet distances are between images and photographs in the features of
    ``features_of``: of the images, of images made without a prior, and of other photographs.
    ``kernel`` is the kernel distance of the images to photographs, ``kernel_real`` that of one half
    of the photographs to the other. ``code`` has, for codes of photographs and codes at which
    ascents end, the mean cosine of a code with the code of its image, and the codes' mean length.
    ``reconstruction`` has the mean absolute error of pixels in [0, 1] and the mean cosine distance
    of features. ``hidden`` has for each layer the median over its units of (activation reached -
    mean over photographs) / (highest over photographs - mean): above 1 beats every photograph.
    ``memory`` tells whether the images are remembered photographs (see `evaluation.memory`).
    ``control`` has the share of images that judges name by the unit's class (``own``: the changed
    network itself): of the network, of the one whose input colours are exchanged, and of the one
    whose weights are shuffled, each as they are and with the colours of the exchange.
    """

    network: str
    prior: str
    method: str
    units: int
    own_top1: float | None = None
    own_top5: float | None = None
    judge_top1: float | None = None
    judge_top5: float | None = None
    frechet: float | None = None
    frechet_pixels: float | None = None
    frechet_real: float | None = None
    kernel: float | None = None
    kernel_real: float | None = None
    diversity: float | None = None
    reconstruction: dict[str, float] | None = None
    code: dict[str, float] | None = None
    hidden: dict[str, float] | None = None
    memory: dict[str, float] | None = None
    control: dict[str, float] | None = None
    judges: dict[str, dict[str, float]] = field(default_factory=dict)
    pixels: dict[str, float | None] | None = None
    features_of: str = ""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, numbers with four digits."""
        return {name: _plain(value) for name, value in vars(self).items()}

    def text(self) -> str:
        """The table for people."""
        return table_of([self])

    @property
    def title(self) -> str:
        """What was measured."""
        what = f"{self.prior or 'no prior'}, {self.method}, {self.units} units of {self.network}"
        return printable(what)

    def rows(self) -> list[tuple[str, str]]:
        """Names and values for people."""
        rows: list[tuple[str, str]] = [
            ("own network, top-1 / top-5", _shares(self.own_top1, self.own_top5)),
            ("judges, top-1 / top-5", _shares(self.judge_top1, self.judge_top5)),
        ]
        rows += [(f"  {name}", _shares(x["top1"], x["top5"])) for name, x in self.judges.items()]
        if self.pixels:
            shares = _shares(self.pixels["judge_top1"], self.pixels["judge_top5"])
            rows.append(("  judges, without a prior", shares))
        rows += [
            ("Fréchet distance to photographs", _number(self.frechet)),
            ("  without a prior", _number(self.frechet_pixels)),
            ("  of other photographs", _number(self.frechet_real)),
            ("kernel distance to photographs", _number(self.kernel)),
            ("  among photographs", _number(self.kernel_real)),
            ("diversity over seeds", _number(self.diversity)),
        ]
        for name, value in (self.reconstruction or {}).items():
            rows.append((f"reconstruction, {name} error", _number(value)))
        for name, value in (self.code or {}).items():
            rows.append((f"code realised, {name}", _number(value)))
        for name, value in (self.hidden or {}).items():
            rows.append((f"hidden {name}, photographs = 1", _number(value)))
        for name, value in (self.memory or {}).items():
            rows.append((f"memory, {_MEMORY[name]}", _number(value)))
        for name, value in (self.control or {}).items():
            rows.append((f"control, {name}", f"{value:.1%}"))
        return [(printable(name), value) for name, value in rows]


def table_of(reports: Sequence[Report]) -> str:
    """One report for people, or several side by side, a column each."""
    columns = [dict(report.rows()) for report in reports]
    names = list(dict.fromkeys(name for column in columns for name in column))
    widths = [max(len(value) for value in column.values()) for column in columns]
    first = max(len(name) for name in names)
    lines = [f"{place + 1}: {report.title}" if len(reports) > 1 else report.title
             for place, report in enumerate(reports)]  # fmt: skip
    for name in names:
        cells = (
            column.get(name, "-").ljust(width)
            for column, width in zip(columns, widths, strict=True)
        )
        lines.append(f"{name:<{first}}  {'  '.join(cells)}".rstrip())
    return "\n".join(lines)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _shares(first: float | None, five: float | None) -> str:
    return "-" if first is None or five is None else f"{first:.1%} / {five:.1%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
