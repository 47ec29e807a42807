"""A start beside a window that is open: ask, call that one forward, or only look."""

import asyncio

from dgn_explorer.gui.bridge.one_window import OneWindow
from dgn_explorer.gui.frame.second_dialog import Choice, SecondDialog


async def choose(one: OneWindow) -> Choice:
    """What the user wants; `Choice.SHOW` once the first window has come forward."""
    silent = False
    while True:
        choice = await _asked(SecondDialog(silent))
        if choice is not Choice.SHOW or one.call():
            return choice
        if one.claim():
            return Choice.OPEN
        silent = True


async def _asked(dialog: SecondDialog) -> Choice:
    closed: asyncio.Future[Choice] = asyncio.get_running_loop().create_future()
    dialog.finished.connect(lambda _code: closed.set_result(dialog.choice))
    dialog.open()
    return await closed
