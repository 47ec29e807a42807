"""Everything that reads a file, each with a sound one to damage."""

import io
import zipfile
from pathlib import Path

import torch

from dgn_explorer.disk import FileSystem
from dgn_explorer.export.png import read_recipe, save_png
from dgn_explorer.networks.opening import open_network
from dgn_explorer.photos.loading import load_photo
from dgn_explorer.photos.reading import read_photo
from dgn_explorer.photos.sets import open_photos
from dgn_explorer.priors.bounds import read_bounds
from dgn_explorer.priors.files import load_prior
from dgn_explorer.priors.published import read_published
from dgn_explorer.results.hdf5_file import encode
from dgn_explorer.results.index import INDEX, read_index, write_index
from dgn_explorer.results.notebook import Notebook, UnitNote, notebook_path, read_notebook
from dgn_explorer.results.pack import pack, unpack
from dgn_explorer.results.picks import Picks, read_picks
from dgn_explorer.results.record_file import read_raw, read_record, read_summary
from dgn_explorer.results.store import Store
from dgn_explorer.results.unfinished import encode_queue, read_queue
from dgn_explorer.training.learning.build import set_up
from dgn_explorer.training.learning.statistics import load_encoder
from dgn_explorer.training.photographs.cache import open_source
from dgn_explorer.training.running.checkpoint import read_checkpoint
from dgn_explorer.training.running.folder import read_status
from dgn_explorer.training.running.metrics import read_metrics
from dgn_explorer.training.running.run import train
from tests.fuzz import orders, programs
from tests.fuzz.parser import Build, Parser, Read, place
from tests.networks import test_damaged_networks as networks
from tests.priors import test_published as published
from tests.results.making import make_recipe, make_result
from tests.tiny import tiny_prior_file
from tests.training.tiny import open_tiny, tiny_settings, write_photos


def make_parsers(folder: Path) -> list[Parser]:
    """All of them; each has a folder of its own below ``folder``."""
    return [*_networks(folder), *_priors(folder), *_results(folder), *_training(folder)]


def _networks(folder: Path) -> list[Parser]:
    (folder / "sound").mkdir()
    sound = networks.sound_files(folder / "sound")
    made = [
        Parser(f"network {name}", place(folder, f"network {name}", name), sound[name], read)
        for name, read in networks.READERS.items()
    ]
    options = {"script.pt": " --size 16"}
    opened = ["script.pt", "export.pt2", "n.onnx", "deploy.prototxt", "net.toml"]
    for file in opened:
        path = place(folder, f"open {file}", file)
        (path.parent / "weights.caffemodel").write_bytes(sound["v2.caffemodel"])
        read = _opener(options.get(file, ""))
        made.append(Parser(f"open {file}", path, sound[file], read))
    readers = {"script.pt": programs.read_script, "export.pt2": programs.read_exported}
    for file in ("w.pt", "script.pt", "export.pt2"):
        read = networks.READERS.get(file) or readers[file]
        for member in _members(sound[file]):
            name = f"member {file}:{member.filename.partition('/')[2]}"
            good, build = _member(sound[file], member)
            made.append(Parser(name, place(folder, name, file), good, read, build))
    for name, (good, build, read) in programs.archives().items():
        made.append(Parser(name, place(folder, name, "a.pt"), good, read, build))
    for file in ("photo.jpg", "photo.png"):
        path = place(folder, f"dataset {file}", file)
        made.append(Parser(f"dataset {file}", path, sound[file], _load_first))
        path = place(folder, f"dropped {file}", file)
        made.append(Parser(f"dropped {file}", path, sound[file], read_photo))
    return made


def _opener(options: str) -> Read:
    return lambda path: open_network(f"{path}{options}").info.layers


def _load_first(path: Path) -> object:
    return load_photo(open_photos(path.parent).photos[0], 24, 0.875, "bicubic")


def _members(content: bytes) -> list[zipfile.ZipInfo]:
    """What decides the structure in a file of torch; the numbers themselves cannot be wrong."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        wanted = (".pkl", ".py", ".json", "byteorder")
        return [m for m in archive.infolist() if m.filename.endswith(wanted) and m.file_size]


def _member(content: bytes, member: zipfile.ZipInfo) -> tuple[bytes, Build]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {m.filename: archive.read(m) for m in archive.infolist()}

    def build(damaged: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, old in members.items():
                archive.writestr(name, damaged if name == member.filename else old)
        return buffer.getvalue()

    return members[member.filename], build


def _priors(folder: Path) -> list[Parser]:
    (folder / "sources").mkdir()
    made = [
        Parser(f"generator {form}", place(folder, f"generator {form}", "g"), good, read_published)
        for form, good in published.sound_files(folder / "sources").items()
    ]
    good = tiny_prior_file(folder / "sources" / "tiny.safetensors").read_bytes()
    path = place(folder, "prior", "p.safetensors")
    made.append(Parser("prior", path, good, load_prior))
    length = int.from_bytes(good[:8], "little")

    def with_header(header: bytes) -> bytes:
        return len(header).to_bytes(8, "little") + header + good[8 + length :]

    path = place(folder, "prior header", "p.safetensors")
    made.append(Parser("prior header", path, good[8 : 8 + length], load_prior, with_header))
    path = place(folder, "bounds", "b.txt")
    made.append(Parser("bounds", path, b"12.0 9 3.0000\n17 ", lambda p: read_bounds(p, 4)))
    return made


def _results(folder: Path) -> list[Parser]:
    store = Store(folder / "sound store")
    result = make_result()
    key = result.recipe.key
    content = store.put(result).path.read_bytes()
    datasets = read_raw(store.path(key), key).datasets

    def with_metadata(text: bytes) -> bytes:
        return encode(datasets | {"metadata": text.decode("utf-8", "replace")})

    def read_all(path: Path) -> None:
        read_summary(path, key)
        read_record(path, key)

    def in_store(path: Path) -> None:
        found = Store(path.parent.parent)
        found.list()
        found.get(key)

    at = f"{key[:2]}/{key}.h5"
    text = str(datasets["metadata"]).encode()
    made = [
        Parser("result", place(folder, "result", at), content, in_store),
        Parser("result metadata", place(folder, "metadata", at), text, in_store, with_metadata),
    ]
    pack(store, folder / "pack.h5")
    good = (folder / "pack.h5").read_bytes()
    path = place(folder, "pack", "pack.h5")
    made.append(Parser("pack", path, good, lambda p: unpack(Store(p.parent / "into"), p)))
    listed = Store(folder / "sound store")
    listed.list()
    write_index(listed.folder, listed._known, FileSystem())
    good = (listed.folder / INDEX).read_bytes()
    made.append(
        Parser("index", place(folder, "index", INDEX), good, lambda p: read_index(p.parent))
    )
    save_png(folder / "r.png", result.image, result.recipe)
    good = (folder / "r.png").read_bytes()
    made.append(Parser("recipe png", place(folder, "recipe png", "r.png"), good, read_recipe))
    recipe = result.recipe.to_json().encode()
    path = place(folder, "recipe text", "r.png")
    made.append(Parser("recipe text", path, recipe, read_recipe, orders.in_png))
    book = Notebook({"fc:1": UnitNote(True, ("a", "b"), "é")}, {"one": result.recipe.target.terms})
    path = notebook_path(folder / "notes", "a" * 64)
    path.parent.mkdir()
    read = lambda p: read_notebook(p.parent, "a" * 64)  # noqa: E731
    made.append(Parser("notes", path, book.to_json().encode(), read))
    picks = Picks().pin([0, 7]).drop([3]).to_json().encode()
    path = place(folder, "picks", f"{'a' * 64}.json")
    made.append(Parser("picks", path, picks, lambda p: read_picks(p.parent, "a" * 64)))
    queue = encode_queue([make_recipe(i) for i in range(3)]).encode()
    made.append(Parser("queue", place(folder, "queue", "queue.json"), queue, read_queue))
    return [*made, *orders.parsers(folder)]


def _training(folder: Path) -> list[Parser]:
    photos = write_photos(folder / "photos", 12)
    run = folder / "run"
    settings = tiny_settings(photos, steps=2, components=8)
    train(
        settings,
        run,
        name="tiny",
        save_every_s=1e9,
        progress=lambda *_: None,
        report=lambda *_: None,
        device="cpu",
        opener=open_tiny,
    )
    setup = set_up(settings, torch.device("cpu"), open_tiny)
    readers: dict[str, Read] = {
        "encoder.safetensors": lambda p: load_encoder(setup, p.parent),
        "checkpoint.pt": lambda p: read_checkpoint(p.parent),
        "metrics.csv": read_metrics,
        "status.json": lambda p: read_status(p.parent),
    }
    made = [
        Parser(f"run {name}", place(folder, f"run {name}", name), (run / name).read_bytes(), read)
        for name, read in readers.items()
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for photo in sorted(photos.iterdir())[:3]:
            archive.write(photo, photo.name)
    path = place(folder, "photo zip", "photos.zip")
    made.append(Parser("photo zip", path, buffer.getvalue(), _decode_zip))
    (index,) = (run / "cache").glob("*.json")
    raw = index.with_suffix(".pixels").read_bytes()
    path = place(folder, "cache index", index.name)

    def open_cached(path: Path) -> None:
        path.with_suffix(".pixels").write_bytes(raw)
        open_source(photos, path.parent, settings.image_size, 0.1, lambda *_: None)

    made.append(Parser("cache index", path, index.read_bytes(), open_cached))
    return made


def _decode_zip(path: Path) -> None:
    for old in (path.parent / "cache").glob("*"):
        old.unlink()
    open_source(path, path.parent / "cache", 32, 0.1, lambda *_: None)
