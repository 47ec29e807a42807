"""All maps of a layer: the numbers are the layer's, and the sheet says whose map is where."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.export.heat import COLOURS, GREY, Look, blurred
from dgn_explorer.export.map_picture import map_picture
from dgn_explorer.export.map_sheet import LAYER, map_sheet
from dgn_explorer.export.overlay import overlay
from dgn_explorer.export.png import encode_png, read_survey
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import finish, make
from dgn_explorer.synthesis.step import from_uint8
from tests.tiny import tiny_network

PHOTO = np.random.default_rng(3).integers(0, 256, (32, 32, 3), np.uint8)


def survey(*layers: str) -> Survey:
    return Survey("tiny", "f", "maps", layers=layers, inputs=(Input("photo", "0" * 64),))


def bench() -> Bench:
    return Bench(
        tiny_network(), None, lambda sha: encode_png(PHOTO), lambda key: None, lambda: None
    )


def test_the_maps_are_what_the_layer_puts_out() -> None:
    kept = bench()
    record = finish(make(survey("conv2"), kept))
    network = kept.network
    with torch.no_grad():
        rgb = network.preprocessing(from_uint8(PHOTO[None], network.device))
        module = network.module
        wanted = module.conv2(module.relu1(module.conv1(rgb)))[0].cpu().numpy()
    np.testing.assert_allclose(record.array("maps"), wanted, atol=1e-5)
    np.testing.assert_allclose(record.array("means"), wanted.mean((1, 2)), atol=1e-5)
    np.testing.assert_allclose(record.array("highest"), wanted.max((1, 2)), atol=1e-5)
    np.testing.assert_array_equal(record.array("seen"), PHOTO)


def test_a_record_of_maps_is_shown_and_saved_with_its_order(tmp_path: Path) -> None:
    record = finish(make(survey("conv2"), bench()))
    np.testing.assert_array_equal(record.picture, map_sheet(record.array("maps")).picture)
    (path,) = record.save(tmp_path / "maps.png")
    assert read_survey(path) == record.order
    shown = record._repr_png_()
    assert shown is not None and shown.startswith(b"\x89PNG")
    over = map_picture(np.ones((1, 32, 32)), PHOTO)
    np.testing.assert_array_equal(over, overlay(PHOTO, np.ones((32, 32))))


def test_a_layer_without_maps_is_refused() -> None:
    with pytest.raises(DgnError, match="fc has no maps"):
        finish(make(survey("fc"), bench()))
    with pytest.raises(DgnError, match="those of one layer"):
        finish(make(survey(), bench()))
    with pytest.raises(DgnError, match="no layer 'nowhere'"):
        finish(make(survey("nowhere"), bench()))


def test_a_pixel_of_the_sheet_says_whose_map_it_is() -> None:
    maps = np.zeros((7, 2, 3), np.float32)
    maps[5, 1, 2] = -4.0
    order = np.array([5, 0, 1, 2, 3, 4, 6])
    sheet = map_sheet(maps, order, cell_px=6)
    bright = np.argwhere(sheet.picture.min(2) > 200)
    assert len(bright) and {sheet.unit_at(x, y) for y, x in bright} == {5}
    for place, unit in enumerate(sheet.units):
        assert sheet.unit_at(*sheet.corner_of(place)) == unit
    assert sheet.unit_at(-1, 0) is None
    assert sheet.unit_at(*sheet.corner_of(7)) is None


def test_weak_units_are_dark_where_the_layer_sets_the_scale() -> None:
    maps = np.stack([np.full((2, 2), 1.0), np.full((2, 2), 10.0)])
    alone, together = map_sheet(maps, cell_px=2), map_sheet(maps, cell_px=2, scale=LAYER)
    assert alone.picture[0, 0, 0] == 255 and 20 <= together.picture[0, 0, 0] <= 30
    assert together.picture[0, 4, 0] == 255


def test_looks_change_colours_and_not_where_they_are() -> None:
    values = np.zeros((9, 9))
    values[4, 4], values[0, 0] = 2.0, -2.0
    seen = np.full((9, 9, 3), 100, np.uint8)
    clear = overlay(seen, values, Look(opacity=0.0))
    np.testing.assert_array_equal(clear, np.full((9, 9, 3), 75))
    absolute = overlay(seen, values, Look(absolute=True))
    np.testing.assert_array_equal(absolute[0, 0], absolute[4, 4])
    grey = overlay(seen, values, Look(opacity=1.0, tone=GREY))
    assert (grey[4, 4, 0], grey[0, 0, 0], grey[2, 2, 0]) == (255, 0, 128)
    smooth = blurred(np.maximum(values, 0), 1.0)
    assert smooth.sum() == pytest.approx(2.0) and smooth.argmax() == 40 and smooth.max() < 1
    with pytest.raises(DgnError, match="does not tell colours apart"):
        overlay(seen, values, Look(tone=COLOURS))
    colours = np.zeros((3, 9, 9))
    colours[0, 4, 4] = 3.0
    red = overlay(seen, values, Look(opacity=1.0, tone=COLOURS), colours)
    assert red[4, 4].tolist() == [255, 128, 128] and red[0, 0].tolist() == [128, 128, 128]
    for wrong in ({"opacity": 2.0}, {"clip": 3.0}, {"smooth": -1.0}, {"tone": "pink"}):
        with pytest.raises(DgnError, match="cannot be drawn"):
            Look(**wrong)  # type: ignore[arg-type]
