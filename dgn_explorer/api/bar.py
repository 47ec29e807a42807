"""How far a run has come, on the screen of whoever waits for it."""

from typing import Any

from dgn_explorer.engine.messages import Frame
from dgn_explorer.engine.session import Show
from dgn_explorer.errors import DgnError


class Bar:
    """A progress bar of tqdm, where that is installed and wanted; gives what `run` calls `show`."""

    def __init__(self, wanted: bool | None, title: str) -> None:
        self._bar: Any = None
        if wanted is False:
            return
        try:
            from tqdm.auto import tqdm
        except ImportError:
            if wanted:
                raise DgnError(
                    "There is no tqdm to show progress with.", "Install it: pip install tqdm"
                ) from None
            return
        self._bar = tqdm(total=1, desc=title, leave=False)

    def __enter__(self) -> Show:
        return self._show

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _show(self, frame: Frame) -> None:
        if self._bar is not None:
            self._bar.total = frame.steps
            self._bar.update(frame.step - self._bar.n)
