"""The highest memory of a pass over many photographs, over that of one over few.

``python -m tests.benchmarks.streaming [MANY]``, 20,000 by default, beside 1,000: random PNGs of 24
px in a zip, seen by the tests' tiny network, so that the photographs are most of the work. Each
count is a process of its own.
"""

import io
import resource
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

FEW, MANY = 1_000, 20_000


def main() -> None:
    """Measure and print."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    for count in (FEW, many):
        command = [sys.executable, "-m", "tests.benchmarks.streaming", "only", str(count)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")


def peak_mb(count: int) -> float:
    """The highest resident memory of a process that has listed and measured so many."""
    from dgn_explorer.results.store import Store
    from dgn_explorer.synthesis.photographs.measuring import measure
    from tests.tiny import tiny_network

    network = tiny_network()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "photos.zip")
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(count):
                archive.writestr(f"{number % 10}/{number}.png", _png(number))
        store = Store(Path(folder, "store"))
        collection = store.sets.open(store.sets.put(path).sha256)
        for _ in measure(network, collection, store.sets.measured, ["conv2", "fc"]):
            pass
        collection.close()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _png(seed: int) -> bytes:
    import numpy as np
    from PIL import Image

    out = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 24, 3), np.uint8)
    Image.fromarray(pixels).save(out, "png", compress_level=0)
    return out.getvalue()


if __name__ == "__main__":
    if sys.argv[1:2] == ["only"]:
        print(f"{int(sys.argv[2]):>7,} photographs: {peak_mb(int(sys.argv[2])):.0f} MB at most")
    else:
        main()
