"""The one way to the terminal: what is said there has no control characters but our own.

Progress is one line on stderr that is rewritten on a terminal, else a line now and then.
"""

import sys
import time

import click

from dgn_explorer.plain_text import json_line, printable

LINE_EVERY_S = 10.0
REWRITE_EVERY_S = 0.2


def say(*lines: str, err: bool = False) -> None:
    """Print lines on stdout, or stderr; control characters in them are shown as escapes."""
    click.echo("\n".join(printable(line) for line in lines), err=err)


def rewrite(text: str) -> None:
    """Show ``text`` in place of the line that the cursor is in, on a terminal's stderr."""
    click.echo(f"\r\x1b[K{printable(text)}", err=True, nl=False)


def print_json(value: object) -> None:
    """Print one JSON value on one line of stdout."""
    click.echo(json_line(value))


def ask(question: str) -> bool:
    """Ask on the terminal; no without one. Nothing of a user's code runs unless they say yes."""
    try:
        return click.confirm(printable(question), default=False, err=True)
    except click.Abort:
        return False


class StatusLine:
    """Says how far something is; never more often than one can read."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._next = 0.0

    def say(self, text: str, last: bool = False) -> None:
        """Show ``text`` now, if it is time again or it is the ``last`` of its kind."""
        now = time.monotonic()
        if now < self._next and not last:
            return
        self._next = now + (REWRITE_EVERY_S if self._live else LINE_EVERY_S)
        if self._live:
            rewrite(text)
        else:
            say(text, err=True)

    def end(self) -> None:
        """Finish the line."""
        if self._live:
            say("", err=True)


def duration(seconds: float) -> str:
    """Say ``seconds`` in hours and minutes.

    >>> duration(5000), duration(50)
    ('1 h 23 min', '50 s')
    """
    minutes = int(seconds // 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
