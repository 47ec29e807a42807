"""`METHODS`: every method of synthesis, one row each. A new one is a folder and a row here."""

from dgn_explorer.errors import DgnError
from dgn_explorer.synthesis.methods.caricature.about import CARICATURE
from dgn_explorer.synthesis.methods.dgn_am.about import DGN_AM
from dgn_explorer.synthesis.methods.facets.about import FACETS
from dgn_explorer.synthesis.methods.inverse_set.about import INVERSE_SET
from dgn_explorer.synthesis.methods.inversion.about import INVERSION, PRIOR_INVERSION
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.methods.pixels.about import PIXELS
from dgn_explorer.synthesis.methods.ppgn.about import PPGN

METHODS: tuple[Method, ...] = (
    DGN_AM,
    PIXELS,
    PPGN,
    INVERSION,
    PRIOR_INVERSION,
    CARICATURE,
    INVERSE_SET,
    FACETS,
)


def method_named(name: str) -> Method:
    """The method called ``name``; raises `DgnError` for an unknown one."""
    for method in METHODS:
        if method.name == name:
            return method
    names = ", ".join(method.name for method in METHODS)
    raise DgnError(f"There is no method called {name!r}.", f"The methods are: {names}.")
