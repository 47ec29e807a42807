"""A message without Qt, for when Qt is what does not start."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

_ASK_S = 600  # nobody may be there to close it


def can_be_read() -> bool:
    """Whether somebody reads standard error: a program started by an icon has no terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


def show(title: str, text: str) -> bool:
    """Show ``text`` with what the desktop brings, until it is closed; False if it brings nothing.

    Nothing is read from ``text`` but text: it is passed as one argument, without markup.
    """
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, text, title, 0x10)
        return True
    return any(_run(words) for words in _commands(title, text))


def _commands(title: str, text: str) -> Sequence[Sequence[str]]:
    if sys.platform == "darwin":
        script = "on run {said, named}\\ndisplay alert named message said as critical\\nend run"
        return (["osascript", "-e", script, text, title],)
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return ()
    return (
        ["zenity", "--error", "--no-markup", f"--title={title}", f"--text={text}"],
        ["kdialog", "--title", title, "--error", text],
        ["xmessage", "-center", "-title", title, text],
        ["notify-send", "--urgency=critical", title, text],
    )


def _run(words: Sequence[str]) -> bool:
    program = shutil.which(words[0])
    if program is None:
        return False
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            [program, *words[1:]], capture_output=True, timeout=_ASK_S, check=False
        )
        return done.returncode in (0, 1)  # 1: closed without its button
    return False
