"""Progress on stderr: one line that is rewritten on a terminal, else a line now and then."""

import sys
import time

import click

LINE_EVERY_S = 10.0
REWRITE_EVERY_S = 0.2


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
        click.echo(f"\r\x1b[K{text}" if self._live else text, err=True, nl=not self._live)

    def end(self) -> None:
        """Finish the line."""
        if self._live:
            click.echo("", err=True)


def duration(seconds: float) -> str:
    """Say ``seconds`` in hours and minutes.

    >>> duration(5000), duration(50)
    ('1 h 23 min', '50 s')
    """
    minutes = int(seconds // 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
