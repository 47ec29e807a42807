"""``dgn-explorer open``: what it asks the window for."""

import pytest
from click.testing import CliRunner

from dgn_explorer.cli import group
from dgn_explorer.commands import window
from dgn_explorer.gui import app

PLAIN = {"device": None, "theme": "system", "safe": False, "reset": False}
LAST = ((), PLAIN)


def asked(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    calls: list[object] = []

    def run(fail: object, *args: object, **named: object) -> int:
        calls.append((args, named))
        return 0

    monkeypatch.setattr(app, "run", run)
    monkeypatch.setattr(window, "keep_log", lambda: None)
    result = CliRunner().invoke(group, words)
    assert result.exit_code == 0, result.output
    return calls[0]


def test_without_names_the_last_network_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch) == LAST
    assert asked(monkeypatch, "open") == LAST
    dark = asked(monkeypatch, "open", "--theme", "dark")
    assert dark == ((), {**PLAIN, "theme": "dark"})
    assert asked(monkeypatch, "open", "--safe") == ((), {**PLAIN, "safe": True})
    assert asked(monkeypatch, "open", "--reset") == ((), {**PLAIN, "reset": True})


@pytest.mark.parametrize(
    ("words", "network", "prior", "unit"),
    [
        (["--network", "lite0"], "lite0", "default", None),
        (["--prior", "mine"], "lite0", "mine", None),
        (["--unit", "volcano"], "lite0", "default", "volcano"),
        (["--fit", "crop"], "lite0", "default --fit crop", None),
        (["--size", "64"], "lite0 --size 64", "default", None),
    ],
)
def test_whatever_is_named_opens(
    monkeypatch: pytest.MonkeyPatch, words: list[str], network: str, prior: str, unit: str | None
) -> None:
    assert asked(monkeypatch, "open", *words) == ((network, prior, unit), PLAIN)
