"""Text of strangers, made fit to be shown: names of classes, layers and files, notes, messages.

Qt takes a tool tip that looks like HTML for HTML, and then reads the files that it names; and a
text may hold characters that turn its direction or end a line. Every tool tip goes through
`set_tip` or `tip_text`, and every label through `label` of `look.parts`.
"""

import html
import re
from importlib import resources
from pathlib import PurePosixPath, PureWindowsPath
from typing import Protocol

LONGEST = 2000  # letters of a label; more only cost time to lay out
LONGEST_TIP = 300
# C0 and C1 but for the line feed, line and paragraph separators, and what turns the direction.
_CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+"
)
_WORD, _LONG_WORD = re.compile(r"\S{12}"), re.compile(r"\S{24}")


class HasTip(Protocol):
    """Widgets, actions and items of lists."""

    def setToolTip(self, text: str, /) -> None:
        """Show ``text`` when the mouse rests."""


def plain(text: str, longest: int = LONGEST) -> str:
    """``text`` in one line, without control characters, at most ``longest`` letters.

    >>> plain("a\\x1b[31m\\u202eb\\nc"), plain("abcdef", 4)
    ('a [31m b c', 'abc…')
    """
    return plain_lines(text, longest).replace("\n", " ")


def plain_lines(text: str, longest: int = LONGEST) -> str:
    """The same, with its lines."""
    text = text[: longest + 1]
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n"))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def breakable(text: str) -> str:
    """``text`` with places to break in words that are longer than a panel is wide.

    >>> len(breakable("a" * 100)) - 100, breakable("of common words")
    (8, 'of common words')
    """
    return _WORD.sub(lambda found: f"{found[0]}\u200b", text) if _LONG_WORD.search(text) else text


def tip_text(text: str) -> str:
    """``text`` for a tool tip, which shows it as it is.

    >>> tip_text("Stop (Esc)"), tip_text("<img src=x>")
    ('Stop (Esc)', '<qt>&lt;img src=x&gt;</qt>')
    """
    shown = plain_lines(text, LONGEST_TIP)
    if "<" not in shown:  # then Qt takes it for plain text, and would show entities as written
        return shown
    return f"<qt>{html.escape(shown)}</qt>".replace("\n", "<br>")


def set_tip(widget: HasTip, text: str) -> None:
    """Give ``widget`` a tool tip."""
    widget.setToolTip(tip_text(text))


def set_picture_tip(widget: HasTip, name: str, text: str) -> None:
    """The same with a picture of ``resources`` above the text, if there is one of this name."""
    file = resources.files("dgn_explorer.resources").joinpath(name or "none")
    if not name or not file.is_file():
        set_tip(widget, text)
        return
    shown = html.escape(plain_lines(text, LONGEST_TIP)).replace("\n", "<br>")
    picture = html.escape(str(file).replace("\\", "/"))
    widget.setToolTip(f'<qt><img src="{picture}" width="160"><br>{shown}</qt>')


def network_text(spec: str) -> str:
    """What people call a network or prior: of a file its name, without folders and options.

    >>> network_text("/home/me/nets/bird.pt --size 96"), network_text("C:\\\\nets\\\\bird.onnx")
    ('bird.pt', 'bird.onnx')
    >>> network_text("lite0"), network_text("timm:hf-hub:some/net")
    ('lite0', 'timm:hf-hub:some/net')
    """
    head = spec.split(" --")[0]
    if re.match(r"[A-Za-z]\w+:", head) or not re.search(r"[/\\]", head):
        return plain(spec)
    return plain(", ".join(_file_name(part) for part in head.split(",")))


def _file_name(path: str) -> str:
    kind = PureWindowsPath if "\\" in path else PurePosixPath
    return kind(path.strip()).name or path
