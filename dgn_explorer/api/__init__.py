"""The library: everything that the command line can do, from a script or a notebook.

>>> import dgn_explorer as dgn
>>> with dgn.open("lite0") as explorer:  # doctest: +SKIP
...     volcano = explorer.visualize("volcano", seed=1)
...     volcano.save("volcano.png")

Results come from the same store as the window's and the command line's, by the same keys, and are
never computed twice. Nothing imports torch before `open`, and then only the engine's thread does.
"""

from dgn_explorer.api.explorer import Explorer, open
from dgn_explorer.api.orders import DEFAULT_METHOD, DEFAULT_NETWORK, DEFAULT_PRIOR, Picture, Update
from dgn_explorer.api.results import save_site

__all__ = [
    "DEFAULT_METHOD",
    "DEFAULT_NETWORK",
    "DEFAULT_PRIOR",
    "Explorer",
    "Picture",
    "Update",
    "open",
    "save_site",
]
