r"""Data as scripts, because a page that was opened from ``file://`` may not read any other file.

Every script calls one function with one text, which the page parses as JSON: what strangers named
can neither end the script nor run, nor change an object's prototype.

>>> script("index", ["</script>", "\u2028"]).decode()
'dgnExplorer.index(JSON.parse("[\\"</script>\\",\\"\\\\u2028\\"]"));\n'
"""

import json
from typing import Any


def script(function: str, value: Any) -> bytes:
    """A script that hands ``value`` to ``function`` of the page; ASCII only."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return f"dgnExplorer.{function}(JSON.parse({json.dumps(text)}));\n".encode("ascii")
