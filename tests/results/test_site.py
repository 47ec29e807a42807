"""A site of a store: what is in its files, and what is not."""

import html
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dgn_explorer import DgnError, save_site
from dgn_explorer.export.png import read_recipe
from dgn_explorer.export.site.sprites import ACROSS, TILE_PX, Sprites
from dgn_explorer.results.publishing import TOGETHER, public_spec
from dgn_explorer.results.store import Store
from dgn_explorer.results.unit_tables import tables_of_units
from dgn_explorer.synthesis.recipe import Recipe
from tests.results.making import files_below, make_recipe, make_result
from tests.results.site_making import HOSTILE, facets, filled_store, from_photograph, strongest


def data_of(site: Path, name: str) -> Any:
    """What a script hands to the page."""
    found = re.fullmatch(
        r"dgnExplorer\.\w+\(JSON\.parse\((.*)\)\);\n", (site / "data" / name).read_text("ascii")
    )
    assert found is not None
    return json.loads(json.loads(found[1]))


def lines_of(site: Path) -> dict[str, list[list[Any]]]:
    (network,) = data_of(site, "index.js")["networks"]
    return {layer["path"]: layer["units"] for layer in network["layers"]}


def test_layers_units_and_images(tmp_path: Path) -> None:
    store, site = filled_store(tmp_path / "store"), tmp_path / "site"
    report, left_out = save_site(site, store=store, title="Mine & yours")
    lines = lines_of(site)
    assert list(lines) == ["conv", "fc", TOGETHER]
    assert [line[0] for line in lines["conv"]] == ["conv:5", "conv:6"]
    assert lines["conv"][0][2] == "sea <b>, scene"
    assert [line[0] for line in lines["fc"]] == ["fc:3", "fc:980"]
    assert [line[3] for line in lines["fc"]] == [1, 4]
    assert (report.units, report.images) == (5, 7)
    assert left_out == {
        "holds or starts from a photograph": 4,
        "is a table that is not of units": 1,
    }
    details = data_of(site, "units-0.js")["units"]
    assert len(details) == 5
    (table,) = details[0]["tables"]
    assert table["title"] == "Dissection"
    assert table["names"][:3] == ["concept", "category", "iou"]
    assert table["rows"][0][:3] == ["sea <b>", "scene", "0.25"]
    shown = details[3]["shown"]
    assert [one["method"] for one in shown] == ["dgn-am", "ppgn"]
    assert shown[1]["values"] == [0.0, 1.0, 2.0]
    assert shown[1]["classes"][0] == [
        ["volcano", 0.5],
        [HOSTILE.replace("\u202e", "\\u202e"), 0.25],
    ]
    assert details[3]["open"] == "dgn-explorer open --network lite0 --unit fc:980"
    for one in (record for unit in details for record in unit["shown"]):
        assert Recipe.from_json(one["recipe"]).key == one["key"]
        for name in one["images"]:
            with Image.open(site / name) as image:
                assert list(image.size) == one["size"]
    page = (site / "index.html").read_text()
    assert "<title>Mine &amp; yours</title>" in page
    assert report.bytes == sum((site / name).stat().st_size for name in files_below(site))


def test_lossless_images_are_those_of_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    record = make_result()
    store.put(record)
    save_site(tmp_path / "site", store=store, lossless=True)
    (name,) = data_of(tmp_path / "site", "units-0.js")["units"][0]["shown"][0]["images"]
    with Image.open(tmp_path / "site" / name) as image:
        np.testing.assert_array_equal(np.asarray(image), record.image)


def test_nothing_private_is_in_any_file(tmp_path: Path) -> None:
    store = filled_store(tmp_path / "store")
    store.put(make_result(recipe=make_recipe(11, network="/home/anna/nets/w.pt --labels /a/b.txt")))
    site = tmp_path / "site"
    save_site(site, store=store)
    for path in site.rglob("*"):
        if path.is_file():
            assert b"anna" not in path.read_bytes(), path
            assert b"/a/b.txt" not in path.read_bytes(), path
    private = from_photograph().key.encode()
    assert not any(private in p.read_bytes() for p in site.rglob("*") if p.is_file())


def test_photographs_are_published_when_allowed(tmp_path: Path) -> None:
    store, site = filled_store(tmp_path / "store"), tmp_path / "site"
    report, left_out = save_site(site, store=store, photographs=True)
    assert not left_out
    assert report.images == 12  # three of records that are private, and two photographs
    lines = lines_of(site)
    assert [line[0] for line in lines["fc"]] == ["fc:1", "fc:3", "fc:7", "fc:8", "fc:980"]
    tables = [unit["tables"] for unit in data_of(site, "units-0.js")["units"]]
    by_title = {table["title"]: table for found in tables for table in found}
    assert by_title["Strongest units"]["names"] == ["activation", "deviations"]
    photographs = by_title["Real photos"]
    assert not photographs["names"]
    levels = []
    for name in photographs["pictures"]:
        with Image.open(site / name) as picture:
            levels.append(round(np.asarray(picture).mean(), -1))
    assert levels == [240, 10]  # best first


def test_kinds_of_photographs_are_published_with_what_they_are_of(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.put(facets())
    store.put(make_result(3))
    _, left_out = save_site(tmp_path / "without", store=store)
    assert left_out == {"holds or starts from a photograph": 1}
    site = tmp_path / "site"
    save_site(site, store=store, photographs=True)
    unit = data_of(site, "units-0.js")["units"][1]
    (shown,), (table,) = unit["shown"], unit["tables"]
    assert (shown["title"], shown["values"]) == ("Kinds", [8.0, 3.0])
    assert table["title"] == "Kinds of photographs"
    assert table["rows"] == [
        ["1", "75%", "0.88", "8", "9", ""],
        ["2", "25%", "0.50", "3", "4", "hardly a facet of this unit"],
    ]
    levels = []
    for name in table["pictures"]:
        with Image.open(site / name) as picture:
            levels.append(round(np.asarray(picture).mean() / 40))
    assert levels == [0, 1, 2, 3, 4, 5]


def test_tables_say_which_units_their_rows_are_of() -> None:
    tables = tables_of_units(strongest())
    assert set(tables) == {"fc:980", "fc:1", "conv:5"}
    assert tables["fc:980"].rows == [["3.5", "1.5"]]


def test_a_label_cannot_leave_its_text(tmp_path: Path) -> None:
    site = tmp_path / "site"
    save_site(site, store=filled_store(tmp_path / "store"), title=HOSTILE)
    for name in ("index.html", "data/index.js", "data/units-0.js"):
        text = (site / name).read_text()
        assert "<img" not in text or name != "index.html"
        assert "\u202e" not in text or name == "index.html"
    page = (site / "index.html").read_text()
    assert html.escape(HOSTILE) in page
    assert page.count("<script") == 3  # our own
    for data in (site / "data").iterdir():
        assert data.read_text("ascii").count("\n") == 1


def test_the_page_asks_for_nothing_elsewhere(tmp_path: Path) -> None:
    save_site(tmp_path / "site", store=filled_store(tmp_path / "store"))
    page = (tmp_path / "site/index.html").read_text()
    assert "default-src 'none'" in page
    for path in (tmp_path / "site").glob("*.*"):
        assert not re.search(r"https?://|//[a-z]+\.", path.read_text()), path
    for target in re.findall(r'(?:src|href)="([^#"]+)"', page):
        assert (tmp_path / "site" / target).is_file()


def test_a_folder_that_is_not_ours_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.put(make_result())
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("mine")
    with pytest.raises(DgnError, match="no site of ours"):
        save_site(site, store=store, overwrite=True)
    assert (site / "index.html").read_text() == "mine"
    (site / "index.html").unlink()
    save_site(site, store=store)
    (site / "left.txt").write_text("from before")
    with pytest.raises(DgnError, match="already"):
        save_site(site, store=store)
    save_site(site, store=store, overwrite=True)
    assert not (site / "left.txt").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"store", "site"}


def test_a_site_that_fails_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, site = filled_store(tmp_path / "store"), tmp_path / "site"
    save_site(site, store=store)
    before = files_below(site)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dgn_explorer.export.site.writing.script", full)
    with pytest.raises(DgnError, match="no space left"):
        save_site(site, store=store, overwrite=True)
    assert files_below(site) == before
    assert {path.name for path in tmp_path.iterdir()} == {"store", "site"}


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with pytest.raises(DgnError, match="no result to show"):
        save_site(tmp_path / "site", store=store)
    store.put(from_photograph())
    with pytest.raises(DgnError, match="left out"):
        save_site(tmp_path / "site", store=store)
    assert not (tmp_path / "site").exists()


def test_sprites_keep_their_places() -> None:
    sprites, sheets = Sprites(), []
    per_sheet = ACROSS * ACROSS
    for number in range(per_sheet + 1):
        value = 0 if number % 2 else 255
        sheets += sprites.add(np.full((TILE_PX, TILE_PX, 3), value, np.uint8))
    sheets += sprites.end()
    assert len(sheets) == 2
    with Image.open(io.BytesIO(sheets[0])) as sheet:
        pixels = np.asarray(sheet.convert("RGB"))
    for number in (0, 1, 17, per_sheet - 1):
        row, column = divmod(number, ACROSS)
        tile = pixels[row * TILE_PX :, column * TILE_PX :][30:60, 30:60]
        assert abs(tile.mean() - (0 if number % 2 else 255)) < 10


@pytest.mark.parametrize("shape", [(32, 32), (192, 192), (32, 16)])
def test_a_picture_of_any_size_fills_its_tile(shape: tuple[int, int]) -> None:
    sprites = Sprites()
    sprites.add(np.zeros((*shape, 3), np.uint8))
    (sheet,) = sprites.end()
    drawn = np.asarray(Image.open(io.BytesIO(sheet)).convert("L"))[:TILE_PX, :TILE_PX] < 64
    assert drawn.any(1).all()
    assert drawn.any(0).sum() == TILE_PX * shape[1] / shape[0]


def test_specs_lose_their_folders() -> None:
    assert public_spec("lite0") == "lite0"
    assert public_spec("/a b/c/x.pt,/a b/c/y.pt") == "x.pt,y.pt"
    assert public_spec("C:\\nets\\x.onnx --size 64") == "x.onnx --size 64"
    assert (
        public_spec("x.pt --mean 0.5 --weights /home/me/w.pt") == "x.pt --weights w.pt --mean 0.5"
    )


def test_no_recipe_names_a_folder_in_a_png(tmp_path: Path) -> None:
    """The images carry no text at all: what is published of them is on the page."""
    store = Store(tmp_path / "store")
    store.put(make_result(recipe=make_recipe(network="/home/me/w.pt")))
    save_site(tmp_path / "site", store=store, lossless=True)
    (image,) = (tmp_path / "site/images").rglob("*.png")
    assert read_recipe(image) is None
