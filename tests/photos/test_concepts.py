"""Concept sets: both layouts, their names by content, and what strangers may have made of them."""

import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dgn_explorer.errors import DgnError
from dgn_explorer.photos.concepts.colours import COLOURS, colours_on_grid
from dgn_explorer.photos.concepts.masks import on_grid, read_indices
from dgn_explorer.photos.concepts.opening import open_concepts
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.results.store import Store
from tests.concepts import packed, picture, png, simple_files, some_files, table, write


def manifest(path: Path) -> bytes:
    found = open_concepts(path)
    try:
        return found.manifest()
    finally:
        found.close()


def test_a_set_is_named_by_its_content(tmp_path: Path) -> None:
    files = some_files()
    folder = write(tmp_path / "set", {**files, "README.txt": b"about"})
    first = manifest(folder)
    assert manifest(packed(tmp_path / "set.zip", files)) == first
    assert manifest(packed(tmp_path / "deep.zip", files, "sets/mine/")) == first
    (folder / "README.txt").write_text("other")
    assert manifest(folder) == first
    (folder / "masks/p1.png").write_bytes(files["masks/p0.png"])
    assert manifest(folder) != first


def test_a_store_knows_where_a_set_lies_until_it_changes(tmp_path: Path) -> None:
    store, folder = Store(tmp_path / "store"), write(tmp_path / "set", some_files())
    kept = store.concepts.put(folder)
    assert kept.name == "set"
    found = store.concepts.open(kept.sha256)
    assert [concept.name for concept in found.concepts] == ["square", "stripe", "dog"]
    assert len(found.pictures) == 6
    os.utime(folder / "masks/p1.png", (1, 1))
    with pytest.raises(DgnError, match="has changed"):
        store.concepts.open(kept.sha256)
    assert store.concepts.put(folder) == kept
    store.concepts.open(kept.sha256)
    folder.rename(tmp_path / "gone")
    with pytest.raises(DgnError, match="not there any more"):
        store.concepts.open(kept.sha256)
    with pytest.raises(DgnError, match="not known where"):
        store.concepts.open("0" * 64)


def broden(folder: Path) -> Path:
    """Two pictures: one with objects in a file and two parts, one with a scene for all of it."""
    objects = np.zeros((16, 16, 3), np.uint8)
    objects[:8, :, 0], objects[:8, :, 1] = 2, 1  # 2 + 256
    parts = [np.zeros((16, 16, 3), np.uint8) for _ in range(2)]
    parts[0][4:8, :, 0] = parts[1][6:10, :, 0] = 5
    label = table(
        ("number", "name", "category"),
        [(0, "-", ""), (5, "leg", "part(1)"), (258, "horse", "object(1)"), (7, "beach", "scene")],
    )
    header = ("image", "split", "ih", "iw", "sh", "sw", "object", "part", "scene")
    about = ("train", 32, 32, 16, 16)
    index = table(
        header,
        [
            ("a/x.jpg", *about, "a/x_object.png", "a/x_part_1.png;a/x_part_2.png", ""),
            ("b/y.jpg", *about, "", "", "7"),
        ],
    )
    files = {
        "label.csv": label.encode(),
        "index.csv": index.encode(),
        "category.csv": b"name,first,last,count,frequency\nobject,5,258,3,1\n",
        "images/a/x_object.png": png(objects),
        "images/a/x_part_1.png": png(parts[0]),
        "images/a/x_part_2.png": png(parts[1]),
    }
    write(folder, files)
    for name in ("a/x.jpg", "b/y.jpg"):
        (folder / "images" / name).parent.mkdir(exist_ok=True)
        Image.fromarray(picture(1)).save(folder / "images" / name)
    return folder


def test_brodens_own_layout(tmp_path: Path) -> None:
    found = open_concepts(broden(tmp_path / "broden1_224"))
    names = [(concept.name, concept.category) for concept in found.concepts]
    first, second = found.pictures
    assert (first.sources, second.sources) == (("object", "part"), ("scene",))
    assert [concept.source for concept in found.concepts] == [c for _, c in names]
    planes = [plane.on_grid(16)[0] for plane in first.planes]
    assert planes[0][0, 0] == names.index(("horse", "object"))
    assert planes[0][8, 0] == -1
    assert (planes[1][4:8] == names.index(("leg", "part"))).all()
    assert (planes[2][6:10] == names.index(("leg", "part"))).all()
    whole, shape = second.planes[0].on_grid(7)
    assert (whole == names.index(("beach", "scene"))).all()
    assert shape is None


def test_a_picture_without_a_mask_may_have_one_label(tmp_path: Path) -> None:
    files = some_files(2)
    del files["masks/p1.png"]
    files["images.csv"] = table(
        ("image", "source", "label"), [("p0", "a", ""), ("p1.png", "b", "dog")]
    ).encode()
    found = open_concepts(write(tmp_path, files))
    assert (found.pictures[1].planes[0].on_grid(7)[0] == 2).all()


BAD = {
    "an empty table": ({"concepts.csv": b""}, "has no column 'index'"),
    "a table of its header": ({"concepts.csv": b"index,name,category\n"}, "lists nothing"),
    "no category": ({"concepts.csv": b"index,name\n1,a\n"}, "no column 'category'"),
    "no text": ({"concepts.csv": b"\xff\xfe\x00"}, "is no table"),
    "an index twice": (
        {"concepts.csv": b"index,name,category\n1,a,x\n1,b,x\n"},
        "holds the index 1 twice",
    ),
    "a name twice": (
        {"concepts.csv": b"index,name,category\n1,a,x\n2,a,x\n"},
        "holds the concept 'a' twice",
    ),
    "an index of 0": ({"concepts.csv": b"index,name,category\n0,a,x\n"}, "a name for the index 0"),
    "a large index": (
        {"concepts.csv": b"index,name,category\n70000,a,x\n"},
        "holds the index '70000'",
    ),
    "a word": ({"concepts.csv": "index,name,category\n²,a,x\n".encode()}, "holds the index '²'"),
    "a picture twice": ({"images.csv": b"image\np0\np0\n"}, "lists 'p0' twice"),
    "a label without a concept": (
        {"images.csv": b"image,label\nq,cat\n", "images/q.png": png(picture(1))},
        "which is no concept",
    ),
    "two files of one name": ({"images/p0.bmp": b""}, "holds both"),
    "Broden without labels": (
        {"index.csv": b"image,split,object\na.jpg,train,3\n", "label.csv": b"number,name\n1,a\n"},
        "holds the label 3",
    ),
    "Broden without categories": (
        {"index.csv": b"image,split\na.jpg,train\n", "label.csv": b"number,name\n1,a\n"},
        "no column of a category",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_tables_get_a_sentence(tmp_path: Path, what: str) -> None:
    files, sentence = BAD[what]
    with pytest.raises(DgnError, match=re.escape(sentence)):
        open_concepts(write(tmp_path, {**some_files(2), **files}))


def test_sets_of_nothing_get_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DgnError, match="holds no concepts"):
        open_concepts(tmp_path / "empty")
    with pytest.raises(DgnError, match="nowhere"):
        open_concepts(tmp_path / "nowhere")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(DgnError, match="cannot be read"):
        open_concepts(tmp_path / "text.zip")
    only = {"concepts.csv": some_files(1)["concepts.csv"]}
    with pytest.raises(DgnError, match="no pictures with masks"):
        open_concepts(packed(tmp_path / "only.zip", only))


def test_a_set_obeys_the_limits_of_photographs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe never waits, a bomb never unpacks, a name never leads out of the set."""
    folder = write(tmp_path / "set", some_files(2))
    (folder / "masks/p0.png").unlink()
    os.mkfifo(folder / "masks/p0.png")
    found = open_concepts(folder)
    assert manifest(folder)
    with pytest.raises(DgnError, match="a pipe"):
        found.pictures[0].planes[0].on_grid(7)
    (tmp_path / "secret.png").write_bytes(png(np.zeros((4, 4), np.uint8)))
    with pytest.raises(DgnError, match="holds no"):
        found.files.read("../secret.png")
    monkeypatch.setattr("dgn_explorer.photos.files.LARGEST_BYTES", 1 << 16)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in some_files(2).items():
            archive.writestr(name, data if name != "masks/p1.png" else b"\0" * (1 << 20))
    bomb = open_concepts(path)
    with pytest.raises(DgnError, match="more than"):
        bomb.pictures[1].planes[0].on_grid(7)
    bomb.close()


def test_names_are_short_and_on_one_line(tmp_path: Path) -> None:
    concepts = [(1, "traffic\nlight", "a\tb"), (2, 5000 * "x", 5000 * "y")]
    files = {**some_files(1), "masks/p0.png": png(np.ones((32, 32), np.uint8))}
    rows = table(("index", "name", "category"), concepts).encode()
    found = open_concepts(write(tmp_path, {**files, "concepts.csv": rows})).concepts
    assert (found[0].name, found[0].category) == ("traffic light", "a b")
    assert (found[1].name, found[1].category) == (100 * "x", 100 * "y")


def test_an_index_without_a_concept_is_named(tmp_path: Path) -> None:
    mask = np.full((32, 32), 77, np.uint8)
    files = simple_files({"p": picture(1)}, {"p": mask})
    found = open_concepts(write(tmp_path, files))
    with pytest.raises(DgnError, match="holds the index 77"):
        found.pictures[0].planes[0].on_grid(7)


def test_masks_keep_their_indices_or_are_refused(tmp_path: Path) -> None:
    indices = np.arange(12, dtype=np.uint8).reshape(3, 4)
    palette = Image.fromarray(indices).convert("P")
    palette.putdata(list(range(12)))
    palette.putpalette([9] * 768)
    palette.save(tmp_path / "p.png")
    assert (read_indices((tmp_path / "p.png").read_bytes(), "p") == indices).all()
    deep = Image.fromarray(indices.astype(np.uint16) + 300)
    deep.save(tmp_path / "deep.png")
    assert (
        read_indices((tmp_path / "deep.png").read_bytes(), "d") == indices.astype(int) + 300
    ).all()
    Image.fromarray(indices).save(tmp_path / "lossy.jpg")
    with pytest.raises(DgnError, match="changes its indices"):
        read_indices((tmp_path / "lossy.jpg").read_bytes(), "lossy")


@pytest.mark.parametrize(("height", "width"), [(40, 64), (64, 40), (48, 48)])
def test_a_mask_lies_where_its_picture_does(height: int, width: int) -> None:
    """What a mask says of a cell is what the middle square shows there."""
    blocks = np.kron(np.arange(height * width // 64).reshape(height // 8, -1), np.ones((8, 8)))
    mask = blocks.astype(np.int32)
    shown = middle_square(np.repeat(mask.astype(np.uint8)[..., None], 3, 2), min(height, width))
    side = min(height, width) // 4
    middles = np.arange(side) * 4 + 2
    assert (on_grid(mask, side) == shown[np.ix_(middles, middles)][..., 0]).all()


def test_every_colour_is_its_own_example() -> None:
    for red, green, blue, name in [
        *((255, 0, 0, "red"), (0, 128, 0, "green"), (30, 60, 200, "blue"), (0, 0, 0, "black")),
        *((255, 255, 255, "white"), (130, 130, 130, "grey"), (255, 140, 0, "orange")),
        *((240, 230, 40, "yellow"), (110, 70, 30, "brown"), (255, 180, 200, "pink")),
        (100, 30, 140, "purple"),
    ]:
        square = np.zeros((8, 8, 3), np.uint8) + np.array([red, green, blue], np.uint8)
        assert COLOURS[colours_on_grid(square, 2)[1, 1]] == name
