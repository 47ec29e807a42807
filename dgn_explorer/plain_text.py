"""Text from strangers made harmless: file, class and layer names, notes, messages that quote them.

A terminal obeys control characters (ESC moves the cursor, sets the title, answers for the user),
and right-to-left overrides make a name read as another. They are shown as what they are instead.
"""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Sequence

# C0, DEL and C1 (with newline and tab), the marks and overrides of writing direction, separators of
# lines and paragraphs, invisible operators and the byte order mark, halves of characters, and tags.
# The joiners U+200C and U+200D stay: Persian and emoji need them, and they only join.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    r"""``text`` in one line, with control characters written as escapes.

    >>> printable("a\x1b[2Jb\u202ec\nd\te \u706b\u5c71 \xe9")
    'a\\x1b[2Jb\\u202ec\\nd\\te 火山 é'
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def has_control(text: str) -> bool:
    """Whether ``text`` holds what `printable` escapes."""
    return _CONTROL.search(text) is not None


def json_line(value: object) -> str:
    r"""``value`` as JSON in one line, with control characters escaped as JSON does it.

    >>> json_line({"name": "a\x7f\u202eé"})
    '{"name": "a\\u007f\\u202eé"}'
    """
    text = json.dumps(value, ensure_ascii=False)
    return _CONTROL.sub(lambda found: json.dumps(found[0])[1:-1].replace("\x7f", "\\u007f"), text)


def shell_command(words: Sequence[str]) -> str:
    r"""``words`` as one line to paste into a terminal: whatever they hold, it runs nothing else.

    A terminal obeys control characters while they are pasted, before any shell sees its quotes, so
    that they are written as escapes, which bash and zsh read back. Windows' shells have no such
    escapes: there the line names a file that does not exist.
    """
    if os.name == "nt":
        return subprocess.list2cmdline([printable(word) for word in words])
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    if not has_control(word):
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, word))}'"


def _escaped(character: str) -> str:
    if has_control(character):
        foreign = "\udc80" <= character <= "\udcff"  # a byte of a file name that is no UTF-8
        data = character.encode(errors="surrogateescape" if foreign else "surrogatepass")
        return "".join(f"\\x{byte:02x}" for byte in data)
    return f"\\{character}" if character in "\\'" else character
