"""Reading protobuf's text format, as Caffe's ``deploy.prototxt`` uses it.

https://protobuf.dev/reference/protobuf/textformat-spec/ - without a schema: a message is a
mapping from field name to the list of its values.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Union

from dgn_explorer.errors import DgnError

Value = Union[str, float, bool, "Message"]

MOST_DEPTH = 32
_TOKEN = re.compile(
    r"""(?P<space>[\s,;]+|\#[^\n]*)
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<word>[A-Za-z_][A-Za-z0-9_.]*)
      | (?P<number>-?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[fF]?)
      | (?P<mark>[{}<>:\[\]-])""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_CLOSING = {"{": "}", "<": ">"}


@dataclass
class Message:
    """A message: every field with all its values, in the order of the text."""

    fields: dict[str, list[Value]] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """The last value of a string or enum field."""
        values = self.fields.get(name)
        if not values:
            return default
        if not isinstance(values[-1], str):
            raise _wrong(name, values[-1], "text")
        return values[-1]

    def number(self, name: str, default: float) -> float:
        """The last value of a numeric field."""
        values = self.numbers(name)
        return values[-1] if values else default

    def integer(self, name: str, default: int) -> int:
        """The last value of an integer field."""
        values = self.integers(name)
        return values[-1] if values else default

    def flag(self, name: str, default: bool) -> bool:
        """The last value of a boolean field."""
        value = self.fields.get(name, [default])[-1]
        if value in (True, False, 0, 1):
            return bool(value)
        raise _wrong(name, value, "true or false")

    def numbers(self, name: str) -> list[float]:
        """All values of a numeric field."""
        values: list[float] = []
        for value in self.fields.get(name, []):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _wrong(name, value, "a number")
            values.append(value)
        return values

    def integers(self, name: str) -> list[int]:
        """All values of an integer field, at most 2^31 - 1 in size."""
        values = self.numbers(name)
        for value in values:
            if value != value or abs(value) >= 2**31 or value != int(value):
                raise _wrong(name, value, "a whole number")
        return [int(value) for value in values]

    def texts(self, name: str) -> list[str]:
        """All values of a string or enum field."""
        values: list[str] = []
        for value in self.fields.get(name, []):
            if not isinstance(value, str):
                raise _wrong(name, value, "text")
            values.append(value)
        return values

    def message(self, name: str) -> "Message":
        """The field's message; several are merged, none is an empty one."""
        merged = Message()
        for part in self.messages(name):
            for key, values in part.fields.items():
                merged.fields.setdefault(key, []).extend(values)
        return merged

    def messages(self, name: str) -> list["Message"]:
        """All messages of a field."""
        values: list[Message] = []
        for value in self.fields.get(name, []):
            if not isinstance(value, Message):
                raise _wrong(name, value, "a block in braces")
            values.append(value)
        return values


def parse_prototxt(text: str) -> Message:
    """Read a message in text format; raises `DgnError` with the line of the first mistake."""
    return _Parser(text).whole()


def _wrong(name: str, value: object, wanted: str) -> DgnError:
    shown = "a block" if isinstance(value, Message) else repr(value)[:60]
    return DgnError(f"{name} is {shown}, not {wanted}.", "Correct it in the prototxt file.")


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = self._scan(text)
        self._kind, self._token, self._line = "", "", 1
        self._next()

    def whole(self) -> Message:
        return self._message(end="", depth=0)

    def _scan(self, text: str) -> Iterator[tuple[str, str, int]]:
        place, line = 0, 1
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise _mistake(line, f"{text[place : place + 20]!r} is not prototxt")
            kind = match.lastgroup or ""
            if kind != "space":
                yield kind, match[0], line
            line += match[0].count("\n")
            place = match.end()
        yield "", "", line

    def _next(self) -> None:
        self._kind, self._token, self._line = next(self._tokens)

    def _take(self, token: str) -> bool:
        if self._kind == "mark" and self._token == token:
            self._next()
            return True
        return False

    def _message(self, end: str, depth: int) -> Message:
        if depth > MOST_DEPTH:
            raise _mistake(self._line, f"blocks are nested more than {MOST_DEPTH} deep")
        message = Message()
        while not (end and self._take(end)):
            if self._kind == "" and not end:
                return message
            if self._kind != "word":
                raise _mistake(self._line, f"{self._token or 'the end'!r} where a name should be")
            name = self._token
            self._next()
            colon = self._take(":")
            values = message.fields.setdefault(name, [])
            if self._token in _CLOSING and self._kind == "mark":
                values.append(self._block(depth))
            elif not colon:
                raise _mistake(self._line, f"no value after {name!r}")
            elif self._take("["):
                while not self._take("]"):
                    values.append(self._block(depth) if self._token in _CLOSING else self._scalar())
            else:
                values.append(self._scalar())
        return message

    def _block(self, depth: int) -> Message:
        end = _CLOSING[self._token]
        self._next()
        return self._message(end, depth + 1)

    def _scalar(self) -> Value:
        kind, token = self._kind, self._token
        if kind == "mark" and token == "-":
            self._next()
            value = self._scalar()
            if isinstance(value, str | bool | Message) and value not in ("inf", "nan"):
                raise _mistake(self._line, f"'-' before {token!r}")
            return -float(value)  # a number, inf or nan by now
        if kind == "string":
            parts = []
            while self._kind == "string":  # neighbours are one string
                parts.append(_unescape(self._token[1:-1]))
                self._next()
            return "".join(parts)
        if kind not in ("word", "number"):
            raise _mistake(self._line, f"{token or 'the end'!r} where a value should be")
        self._next()
        if kind == "word":
            return {"true": True, "false": False}.get(token, token)
        return _number(token)


def _number(token: str) -> float:
    if "x" in token.lower():
        return int(token[:32], 16)
    token = token.rstrip("fF")
    # int() takes time that grows with the square of the digits
    return int(token) if re.fullmatch(r"-?\d{1,18}", token) else float(token)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text)


def _mistake(line: int, what: str) -> DgnError:
    return DgnError(
        f"Line {line} of the prototxt: {what}.", "Compare the file with the published one."
    )
