"""What the network sees in an image that forms: asked now and then, and never for the first one."""

import itertools

import numpy as np
import pytest

from dgn_explorer.engine.driver import LOOK_INTERVAL_S, Frames
from dgn_explorer.engine.messages import Frame
from dgn_explorer.synthesis.kinds import Top
from dgn_explorer.synthesis.progress import Progress

_SEEN: Top = ((3, 0.5),)


def test_looks_are_rare_and_the_first_picture_waits_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("dgn_explorer.engine.driver.time.monotonic", lambda: now[0])
    frames: list[Frame] = []

    def look(image: np.ndarray) -> Top:
        now[0] += 0.125  # a slow one
        return _SEEN

    made = Frames(frames.append, look)
    picture = np.zeros((4, 4, 3), np.uint8)
    for step in range(1, 51):
        made.offer(Progress[None](step, 50, picture=lambda place: picture), {0: 7})
        now[0] += 0.125
    looked = [frame.step for frame in frames if frame.top == _SEEN]
    assert frames[0].step == 1 and not frames[0].top
    assert looked[0] == 1 + round(LOOK_INTERVAL_S / 0.125)
    assert all(later - earlier >= 19 for earlier, later in itertools.pairwise(looked))
    assert len(looked) == 3  # a twentieth of the time
