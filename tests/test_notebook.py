"""The notebook of the documentation runs from beginning to end, with few steps."""

import subprocess
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
for name in ("nbclient", "ipykernel", "tqdm"):
    pytest.importorskip(name)

NOTEBOOK = Path(__file__).parent.parent / "docs/notebook.ipynb"
USUAL, FEW = "STEPS = 250", "STEPS = 3"
# in a process of its own, because it talks to its kernel through sockets
RUN = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, timeout=200, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])
"""


@pytest.mark.timeout(300)
def test_it_runs(tmp_path: Path) -> None:
    text = NOTEBOOK.read_text()
    assert text.count(USUAL) == 1
    (tmp_path / "quick.ipynb").write_text(text.replace(USUAL, FEW))
    words = [sys.executable, "-c", RUN, "quick.ipynb", "run.ipynb"]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert ran.returncode == 0, ran.stderr[-4000:]
    cells = nbformat.read(tmp_path / "run.ipynb", 4).cells
    shown = [out.data for cell in cells for out in cell.get("outputs", ()) if "data" in out]
    assert sum("image/png" in data for data in shown) == 3
    assert sum("<table>" in data.get("text/html", "") for data in shown) == 1
    assert (tmp_path / "golden retriever.png").is_file()


def test_it_was_run_before_it_was_kept() -> None:
    cells = [cell for cell in nbformat.read(NOTEBOOK, 4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert NOTEBOOK.stat().st_size < 2**20
