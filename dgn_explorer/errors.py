"""The one error that users are meant to read."""

import re

_LONG_WORD, _WORD_FRONT, _WORD_END = 400, 200, 100  # letters
_LONG_TEXT, _TEXT_FRONT, _TEXT_END = 3000, 1800, 800
_LONG = re.compile(rf"\S{{{_LONG_WORD + 1},}}")


def shortened(text: str) -> str:
    """``text`` in a length that people read: what a stranger has written may fill a screen.

    The middle of long words and long texts is left out.

    >>> len(shortened("There is no network called " + 10_000 * "x")), shortened("a b")
    (328, 'a b')
    """
    text = _LONG.sub(lambda found: f"{found[0][:_WORD_FRONT]}…{found[0][-_WORD_END:]}", text)
    if len(text) <= _LONG_TEXT:
        return text
    return f"{text[:_TEXT_FRONT]} … {text[-_TEXT_END:]}"


class DgnError(Exception):
    """Something a user can put right.

    Parameters
    ----------
    message : one sentence that says what is wrong and names the offending value, `shortened`.
    hint : one sentence that says what to do instead.

    >>> str(DgnError("There is no layer 'conv9'.", "List them with: dgn-explorer layers lite0"))
    "There is no layer 'conv9'. List them with: dgn-explorer layers lite0"
    """

    def __init__(self, message: str, hint: str) -> None:
        message, hint = shortened(message), shortened(hint)
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"
