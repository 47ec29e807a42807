import pytest
from pytestqt.qtbot import QtBot

from dgn_explorer.gui.look.parts import ElidedLabel

TEXT = "fc:980  ·  lite0  ·  seed 3"


@pytest.mark.parametrize(
    ("width", "drawn", "tooltip"), [(400, True, ""), (70, True, TEXT), (24, False, TEXT)]
)
def test_a_text_gives_way_and_goes_before_only_a_letter_is_left(
    qtbot: QtBot, width: int, drawn: bool, tooltip: str
) -> None:
    label = ElidedLabel("muted")
    qtbot.addWidget(label)
    label.resize(width, 20)
    empty = label.grab().toImage()
    label.setText(TEXT)
    assert (label.grab().toImage() != empty) == drawn
    assert label.toolTip() == tooltip
