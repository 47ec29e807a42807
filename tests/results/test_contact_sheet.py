"""Grids of results as PNG and PDF, cut where they are too large."""

import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.export.contact_sheet import SheetOptions, save_sheet
from dgn_explorer.export.pdf import pdf_of
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.captions import caption_of, cells_of
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.targets import Maximise, Term
from tests.results.making import make_recipe, make_result

RESULTS = {str(n): make_result(n) for n in range(7)}


def read(key: str) -> Record | None:
    return RESULTS.get(key)


CELLS = cells_of(RESULTS, read, "")


def test_a_png_holds_every_image(tmp_path: Path) -> None:
    options = SheetOptions(columns=3, gap_px=2, captions="", background="#000000")
    path = tmp_path / "a.png"
    assert save_sheet(path, CELLS, options) == [path]
    sheet = np.asarray(Image.open(path))
    assert sheet.shape == (2 + 3 * 14, 2 + 3 * 18, 3)
    np.testing.assert_array_equal(sheet[2:14, 2:18], RESULTS["0"].image)
    np.testing.assert_array_equal(sheet[30:42, 2:18], RESULTS["6"].image)


def test_a_large_grid_is_cut_between_rows(tmp_path: Path) -> None:
    options = SheetOptions(columns=2, captions="")
    limit = 2 * 2 * 12 * 16
    written = save_sheet(tmp_path / "a.png", CELLS, options, tile_pixels=limit)
    assert [path.name for path in written] == ["a 1 of 2.png", "a 2 of 2.png"]
    assert all(path.is_file() for path in written)


def test_a_pdf_holds_the_pixels_without_loss(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    limit = 3 * 12 * 16
    options = SheetOptions(columns=3, captions="", title="Vulkán")
    assert save_sheet(path, CELLS, options, tile_pixels=limit) == [path]
    data = path.read_bytes()
    assert data.count(b"/Type /Page ") == 3
    assert "Vulkán".encode("utf-16-be").hex().upper().encode() in data


def test_pdf_structure() -> None:
    page = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    data = pdf_of([page, page[:10]], dots_per_inch=72, title="x")
    assert b"/MediaBox [0 0 30.000 20.000]" in data
    start = int(re.search(rb"startxref\n(\d+)", data)[1])
    assert data[start : start + 4] == b"xref"
    offsets = [int(m) for m in re.findall(rb"(\d{10}) 00000 n", data)]
    for number, offset in enumerate(offsets, 1):
        assert data[offset:].startswith(f"{number} 0 obj".encode())
    packed = re.search(rb"BitsPerComponent 8.*?stream\n(.*?)\nendstream", data, re.DOTALL)[1]
    assert zlib.decompress(packed) == page.tobytes()


def test_captions() -> None:
    result = make_result(3)
    assert caption_of(result, "{label} #{seed} at {address}") == "vulkán 火山 #0 at fc:3"
    terms = tuple(Term(UnitAddress("fc", index)) for index in (980, 949))
    both = make_result(
        recipe=make_recipe(target=Maximise(tuple(terms))), label="volcano + strawberry"
    )
    assert caption_of(both, "{label}") == "volcano + strawberry"
    assert caption_of(replace(both, label=""), "{label}") == "fc:980 + fc:949"
    assert caption_of(result, "plain {") == "plain {"
    with pytest.raises(DgnError, match=r"\{colour\}"):
        caption_of(result, "{colour}")


@pytest.mark.parametrize(
    ("name", "keys", "options"),
    [
        ("a.tif", ["0"], SheetOptions()),
        ("a.png", [], SheetOptions()),
        ("a.png", ["gone"], SheetOptions()),
        ("a.png", ["0"], SheetOptions(background="no colour")),
        ("a.png", ["0"], SheetOptions(scale=0)),
        ("b/a.png", ["0"], SheetOptions()),
    ],
)
def test_bad_values_are_refused(
    tmp_path: Path, name: str, keys: list[str], options: SheetOptions
) -> None:
    with pytest.raises(DgnError):
        save_sheet(tmp_path / name, cells_of(keys, read, "{label}"), options)
    assert list(tmp_path.iterdir()) == []
