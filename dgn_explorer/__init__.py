"""dgn-explorer: see the image that a unit of a vision network wants to see.

As a library:

>>> import dgn_explorer as dgn
>>> with dgn.open("lite0") as explorer:  # doctest: +SKIP
...     explorer.visualize("volcano", seed=1).save("volcano.png")

`api` has the rest; importing this imports neither torch nor Qt.
"""

from typing import TYPE_CHECKING, Any

from dgn_explorer.version import __version__

if TYPE_CHECKING:
    from dgn_explorer.api import Explorer, Update, open, save_site
    from dgn_explorer.errors import DgnError

__all__ = ["DgnError", "Explorer", "Update", "__version__", "open", "save_site"]


def __getattr__(name: str) -> Any:
    if name == "DgnError":
        from dgn_explorer.errors import DgnError

        return DgnError
    if name in __all__:
        from dgn_explorer import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
