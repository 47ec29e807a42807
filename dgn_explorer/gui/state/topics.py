"""What a page is about: its one subject, which title, strip, inspector and commands mean."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dgn_explorer.gui.state.asking import Asked
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.summary import Summary
from dgn_explorer.studies.survey import Order
from dgn_explorer.synthesis.inputs import PHOTO, InputSpec
from dgn_explorer.synthesis.question import Subject
from dgn_explorer.synthesis.recipe import Recipe


class PageName(Enum):
    """The six pages, in the order of the rail; the value is the page's name."""

    UNIT = "unit"
    LAYER = "layer"
    PHOTO = "photo"
    MIX = "mix"
    LIBRARY = "library"
    PRIOR = "prior"

    @property
    def subject(self) -> Subject | None:
        """What questions can be asked of on it; the library has results, not a subject."""
        return None if self is PageName.LIBRARY else Subject(self.value)


def nothing(_item: Summary) -> bool:
    """No results at all."""
    return False


@dataclass(frozen=True)
class OfUnits:
    """Results of exactly these units of a network."""

    fingerprint: str
    units: frozenset[UnitAddress]

    def __call__(self, item: Summary) -> bool:
        """Whether ``item`` is one."""
        return item.network_fingerprint == self.fingerprint and self.units == set(item.units)


@dataclass(frozen=True)
class OfLayer:
    """Results of any units of a layer."""

    fingerprint: str
    layer: str

    def __call__(self, item: Summary) -> bool:
        """Whether ``item`` is one."""
        return item.network_fingerprint == self.fingerprint and any(
            unit.layer == self.layer for unit in item.units
        )


@dataclass(frozen=True)
class OfPhoto:
    """Whatever was made from a photograph, images and analyses, by the SHA-256 of its bytes."""

    sha256: str

    def __call__(self, item: Summary) -> bool:
        """Whether ``item`` is one."""
        return self.sha256 in item.inputs


@dataclass(frozen=True)
class OfPrior:
    """Results that a generator has drawn, by its name."""

    prior: str

    def __call__(self, item: Summary) -> bool:
        """Whether ``item`` is one."""
        return item.prior == self.prior


@dataclass(frozen=True)
class Topic:
    """A page's subject in words, and what belongs to it.

    ``keys`` are the stored results that saving, copying and deleting mean. ``order`` is what the
    picture on show was made by, for *Copy as command line*. ``asked`` is what a question is asked
    of; None while there is nothing to ask of. ``owns`` says which stored results the strip lists;
    it is a value (`OfUnits`, `OfLayer`, `OfPhoto`, `OfPrior`), so that two topics can be compared.
    """

    title: str = ""
    about: str = ""
    badge: str = ""
    keys: tuple[str, ...] = ()
    order: Order | None = None
    asked: Asked | None = None
    owns: Callable[[Summary], bool] = nothing


def page_of(order: Order) -> PageName:
    """The page that an order's answer belongs to.

    >>> from dgn_explorer.synthesis.targets import Maximise
    >>> page_of(Recipe("lite0", "ab", "mine", "cd", Maximise.of("fc:980", "fc:949")))
    <PageName.MIX: 'mix'>
    """
    if isinstance(order, Recipe) and order.units:
        weighed = len(order.units) > 1
        return PageName.MIX if weighed else PageName.UNIT
    asked = order.about.asked.of
    if Subject.PHOTO in asked or _takes_photo(order.about.inputs):
        return PageName.PHOTO
    return PageName(asked[0].value) if asked else PageName.LIBRARY


def _takes_photo(inputs: tuple[InputSpec, ...]) -> bool:
    return any(one.kind == PHOTO and one.required for one in inputs)
