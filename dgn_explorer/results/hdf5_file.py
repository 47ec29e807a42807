"""Small HDF5 files of plain arrays and texts with checksums, made in memory and read with care.

Besides its datasets a file holds one text, ``checksums``, with a line ``SHA-256  name`` for each.
Text is a scalar string of fixed length (UTF-8), so that every size is known before anything is
read. Only contiguous datasets of the file itself are accepted: no filter that could unpack to
gigabytes, no link or storage in another file. h5py is imported when it is first needed.
"""

import hashlib
import math
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

# v108 has checksums on HDF5's own structures, and HDF5 1.8 (2008) can read it.
LIBRARY_VERSION = ("v108", "v108")
_CHECKSUMS = "checksums"
_MAX_CHECKSUMS_BYTES = 1 << 16


class DamagedFileError(Exception):
    """A file that does not hold what it should; the text says why, as a clause."""


class NewerFileError(Exception):
    """A file of a later version of this program, which may well be in order."""


def encode(datasets: Mapping[str, np.ndarray | str]) -> bytes:
    """The bytes of an HDF5 file with ``datasets`` and their checksums; the same for equal input."""
    import h5py

    options = {"driver": "core", "backing_store": False, "libver": LIBRARY_VERSION}
    # HDF5 takes two open files of one name for the same file, also when they are only in memory.
    with h5py.File(f"memory-{uuid.uuid4()}", "w", **options) as file:
        write_datasets(file, datasets)
        file.flush()
        return bytes(file.id.get_file_image())


def write_datasets(group: Any, datasets: Mapping[str, np.ndarray | str]) -> None:
    """Put ``datasets`` and their checksums into an open h5py file or group."""
    contents = {name: _to_array(value) for name, value in datasets.items()}
    lines = (f"{_digest(name, content)}  {name}\n" for name, content in contents.items())
    contents[_CHECKSUMS] = _to_array("".join(lines))
    for name, content in contents.items():
        group.create_dataset(name, data=content, dtype=content.dtype)


class Reader:
    """The datasets of one open file or group, checked against type, limits and checksums."""

    def __init__(self, group: Any, size_bytes: int, checked: bool = True) -> None:
        """``checked`` is False for a group without checksums, whose reader checks by itself."""
        self._group = group
        self._checked = checked
        self._size_bytes = size_bytes
        self._checksums: dict[str, str] | None = None

    def text(self, name: str, max_bytes: int) -> str:
        """The text ``name``; raises `DamagedFileError` if it is longer than ``max_bytes``."""
        dataset = self._dataset(name)
        shape, dtype = dataset.shape, dataset.dtype
        if shape != () or dtype.kind != "S":
            raise DamagedFileError(f"its {name} is not a text")
        if dtype.itemsize > max_bytes:
            raise DamagedFileError(f"its {name} has {dtype.itemsize} bytes")
        return bytes(self._read(name, dataset, shape, dtype)[()]).decode()

    def array(self, name: str, dtype: str, dimensions: int, max_entries: int) -> np.ndarray:
        """The array ``name``; ``dtype`` as numpy spells it, such as ``<f4`` or ``|u1``.

        Raises `DamagedFileError` if type or number of dimensions differ, or if it is too large.
        """
        dataset = self._dataset(name)
        shape, stored = dataset.shape, dataset.dtype
        if stored.str != dtype or len(shape) != dimensions:
            raise DamagedFileError(f"its {name} has the type {stored} {shape}")
        if math.prod(shape) > max_entries:
            raise DamagedFileError(f"its {name} has {math.prod(shape)} entries")
        return self._read(name, dataset, shape, stored)

    def first(self, name: str, dtype: str, dimensions: int, max_entries: int) -> np.ndarray:
        """The first entry of the array ``name``, which alone has at most ``max_entries``.

        The checksum is over the whole array, so it is not checked here.
        """
        dataset = self._dataset(name)
        shape, stored = dataset.shape, dataset.dtype
        if stored.str != dtype or len(shape) != dimensions or not shape[0]:
            raise DamagedFileError(f"its {name} has the type {stored} {shape}")
        if math.prod(shape[1:]) > max_entries:
            raise DamagedFileError(f"its {name} has {math.prod(shape)} entries")
        import h5py

        if math.prod(shape) * stored.itemsize != dataset.get_storage_size():
            raise DamagedFileError(f"its {name} is cut short")
        content = np.empty(shape[1:], stored)
        if content.size:
            chosen = dataset.get_space()
            chosen.select_hyperslab((0,) * len(shape), (1, *shape[1:]))
            dataset.read(h5py.h5s.create_simple((1, *shape[1:])), chosen, content[None])
        return content

    def holds(self, name: str) -> bool:
        """Whether there is anything called ``name``."""
        return bool(self._group.id.links.exists(name.encode()))

    def _dataset(self, name: str) -> Any:
        # h5py's low-level interface: a list of all results is twice as quick with it.
        import h5py

        root, link = self._group.id, name.encode()
        if not root.links.exists(link) or root.links.get_info(link).type != h5py.h5l.TYPE_HARD:
            raise DamagedFileError(f"its {name} is missing")
        dataset = h5py.h5o.open(root, link)
        if not isinstance(dataset, h5py.h5d.DatasetID):
            raise DamagedFileError(f"its {name} is not a dataset")
        properties = dataset.get_create_plist()
        if properties.get_layout() != h5py.h5d.CONTIGUOUS or properties.get_external_count():
            raise DamagedFileError(f"its {name} is not stored as one plain block")
        return dataset

    def _read(
        self, name: str, dataset: Any, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> np.ndarray:
        import h5py

        size_bytes = math.prod(shape) * dtype.itemsize
        if size_bytes > self._size_bytes or size_bytes != dataset.get_storage_size():
            raise DamagedFileError(f"its {name} is cut short")
        content = np.empty(shape, dtype)
        if size_bytes:
            dataset.read(h5py.h5s.ALL, h5py.h5s.ALL, content)
        if self._checked and name != _CHECKSUMS and self._expected(name) != _digest(name, content):
            raise DamagedFileError(f"its {name} does not match its checksum")
        return content

    def _expected(self, name: str) -> str:
        if self._checksums is None:
            text = self.text(_CHECKSUMS, _MAX_CHECKSUMS_BYTES)
            pairs = (line.split("  ", 1) for line in text.splitlines())
            self._checksums = {pair[-1]: pair[0] for pair in pairs}
        return self._checksums.get(name, "")


@contextmanager
def open_reader(path: Path) -> Iterator[Reader]:
    """Open ``path`` for reading.

    Raises `OSError` if the system does not let us read the file, and `DamagedFileError` for
    everything that is wrong with its content, whatever h5py raised.
    """
    size_bytes = path.stat().st_size
    file = open_hdf5(path)
    with h5py_errors(), file:
        yield Reader(file, size_bytes)


@contextmanager
def open_bytes(data: bytes) -> Iterator[Reader]:
    """As `open_reader`, for the bytes of a file that somebody sent."""
    import io

    import h5py

    with h5py_errors():
        file = h5py.File(io.BytesIO(data), "r")
    with h5py_errors(), file:
        yield Reader(file, len(data))


def open_hdf5(path: Path) -> Any:
    """``path`` as an h5py file for reading; raises what `open_reader` raises."""
    import h5py

    if path.exists() and not path.is_file():  # opening a pipe would wait for ever
        raise DamagedFileError("it is not a file")
    with path.open("rb"):  # h5py's own errors do not tell a missing permission from bad content
        pass
    with h5py_errors():
        # Files are only ever renamed into place, so there is no writer to be locked out.
        return h5py.File(path, "r", locking=False)


@contextmanager
def h5py_errors() -> Iterator[None]:
    """Turn everything that h5py raises on bad content into `DamagedFileError`."""
    try:
        yield
    except (DamagedFileError, NewerFileError):
        raise
    except Exception as error:
        # Damage surfaces in h5py as one of a dozen types, from KeyError to NotImplementedError.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DamagedFileError(f"it cannot be read ({reason})") from None


def _to_array(value: np.ndarray | str) -> np.ndarray:
    if isinstance(value, str):
        import h5py

        encoded = value.encode()
        return np.array(encoded, dtype=h5py.string_dtype("utf-8", max(1, len(encoded))))
    return np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))


def _digest(name: str, content: np.ndarray) -> str:
    # Name, type and shape are part of it, so that swapped or reshaped datasets are noticed.
    digest = hashlib.sha256(f"{name} {content.dtype.str} {content.shape}\n".encode())
    digest.update(content.tobytes())
    return digest.hexdigest()
