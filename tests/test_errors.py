"""What is said of a value that a stranger has written stays readable."""

import sys

import pytest

from dgn_explorer import cli
from dgn_explorer.errors import DgnError, shortened


def test_long_values_are_shortened() -> None:
    error = DgnError(f"There is no network called {'x' * 10_000!r}.", f"Take {'y ' * 10_000}.")
    assert len(error.message) < 500 and "…" in error.message
    assert error.message.startswith("There is no network called 'xx") and error.message[-2:] == "'."
    assert len(error.hint) < 3000 and str(error) == f"{error.message} {error.hint}"


def test_ordinary_texts_stay_as_they_are() -> None:
    path = "/".join(["a" * 39] * 10)  # a path of 400 letters
    for text in ("", path, "word " * 500):
        assert shortened(text) == text


@pytest.mark.parametrize(
    "words",
    [
        ("visualize", "x" * 10_000),
        ("visualize", "fc:1", "--network", "x " * 5_000),
        ("visualize", "fc:1", "--prior", "x" * 10_000),
        ("visualize", "fc:1", "--set", "x" * 10_000),
        ("visualize", "fc:1", "--seed", "x" * 10_000),
        ("visualize", "fc:1", "--input", "x" * 10_000),
        ("visualize", "fc:1", "--input", f"photo={'x' * 10_000}"),
        ("x" * 10_000,),
        ("cache", "x" * 10_000),
        ("cache", "unpack", "x" * 10_000),
        ("networks", "describe", "x" * 10_000),
        ("make", "x" * 10_000),
    ],
)
def test_no_refusal_fills_the_screen(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["dgn-explorer", *words])
    with pytest.raises(SystemExit) as ended:
        cli.run()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert 0 < len(said) < 6000
    assert "x" * 1000 not in said
