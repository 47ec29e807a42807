"""Memory or invention: a copy is found, a stranger is not, and the yardsticks are right."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import dgn_explorer as dgn
from dgn_explorer import cli
from dgn_explorer.errors import DgnError
from dgn_explorer.export.nearest_figure import nearest_figure
from dgn_explorer.photos.reading import read_photo
from dgn_explorer.results.nearest import Nearness, nearest_pictures, nearness_of
from dgn_explorer.studies.nearest import nearest as study
from tests.photos.sets_of import fill
from tests.tiny_opened import tiny

__all__ = ["tiny"]  # a fixture
pytestmark = pytest.mark.usefixtures("tiny")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return fill(tmp_path / "set", cat=14)


def test_a_copy_is_its_own_photograph(photos: Path) -> None:
    with dgn.open(progress=False) as explorer:
        copy = read_photo(photos / "cat" / "5.png")
        record = explorer.nearest(copy, photos, count=3)
        assert Path(str(record.rows()[0]["photo"])).name == "5.png"
        found = nearness_of(record)
        assert found.picture == pytest.approx(0, abs=1e-3)
        assert found.suspicious and found.sentence.startswith("It may be remembered")
        distances = record.array("distance")
        assert len(distances) == 3 and (np.diff(distances) >= 0).all()
        assert len(nearest_pictures(record)) == 3
        assert explorer.get(record.key) is not None


def test_own_distances_are_to_the_nearest_other(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    real = study.nearest_of

    def spy(measured, queries, k, own):  # type: ignore[no-untyped-def]
        seen.append(measured.features())
        return real(measured, queries, k, own)

    monkeypatch.setattr(study, "nearest_of", spy)
    with dgn.open(progress=False) as explorer:
        record = explorer.nearest(photos / "cat" / "0.png", photos)
    unit = seen[0] / np.linalg.norm(seen[0], axis=1, keepdims=True)
    wanted = 1 - unit @ unit.T
    np.fill_diagonal(wanted, 9)
    np.testing.assert_allclose(
        record.array("own_distances"), np.sort(wanted.min(1)), rtol=1e-3, atol=1e-5
    )
    assert record.array("counted")[0] == 14
    assert nearness_of(record).found is None  # the tiny prior's encoder cannot be opened


def test_rebuilt_photographs_are_the_control(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def as_they_are(bench, measured, numbers):  # type: ignore[no-untyped-def]
        places = [measured.kept[n] for n in numbers]
        names = measured.collection.names
        return np.stack(
            [study.square_of(measured.collection.read(p), names[p], 32) for p in places]
        )

    monkeypatch.setattr(study, "_rebuilt", as_they_are)
    with dgn.open(progress=False) as explorer:
        record = explorer.nearest(photos / "cat" / "0.png", photos)
    assert record.array("control_found").tolist() == [1] * 14
    assert record.array("control_distances") == pytest.approx(0, abs=1e-3)


def test_the_sentence_says_how_much_the_distance_tells() -> None:
    own = np.linspace(0.1, 0.5, 200, dtype=np.float32)
    far = Nearness(0.45, own, own[:8], 1.0)
    assert far.sentence.startswith("No sign of memory") and "88 %" in far.sentence
    near = Nearness(0.05, own, own[:8], 1.0)
    assert near.suspicious
    blind = Nearness(0.45, own, own[:8], 0.25)
    assert blind.sentence.startswith("Little can be said, for only 25 % of rebuilt photographs")
    alone = Nearness(0.45, own, own[:0], None)
    assert "nothing was rebuilt" in alone.sentence


def test_the_figure_marks_the_picture(photos: Path) -> None:
    picture = np.full((32, 32, 3), 99, np.uint8)
    own = np.linspace(0.1, 0.5, 50, dtype=np.float32)
    figure = nearest_figure(picture, [picture] * 3, 0.3, own, own[:4], "No sign of memory.")
    red = (figure == (200, 60, 40)).all(2)
    columns = np.flatnonzero(red.any(0))
    assert columns.mean() / figure.shape[1] == pytest.approx(0.3 / 0.525, abs=0.03)
    narrow = nearest_figure(picture, [picture] * 6, 0.3, own, own[:4], "", columns=3)
    seen = (narrow == 99).all(2)  # seven pictures in rows of three
    assert seen.sum() // 128**2 == 7 and narrow.shape[1] < figure.shape[1]


def test_the_command_takes_a_result_or_a_file(photos: Path, tmp_path: Path) -> None:
    with dgn.open(progress=False) as explorer:
        made = explorer.visualize("dog", steps=2)
    figure = tmp_path / "figure.png"
    words = ["nearest", made.key[:12], "--set", str(photos), "--count", "2", "--out", str(figure)]
    result = CliRunner().invoke(cli.group, words, catch_exceptions=False)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 3
    assert np.array(Image.open(figure)).ndim == 3
    with pytest.raises(DgnError, match="neither a picture's file nor the key"):
        words[1] = "0000"
        CliRunner().invoke(cli.group, words, catch_exceptions=False)
    with pytest.raises(DgnError, match="no image 2"):
        words[1] = made.key
        CliRunner().invoke(cli.group, [*words, "--image", "2"], catch_exceptions=False)
