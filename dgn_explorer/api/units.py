"""What is asked of units: images, chains, sets, facets, and what lies between two images."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dgn_explorer.api.bar import Bar
from dgn_explorer.api.orders import Orders, Picture
from dgn_explorer.engine.messages import (
    Decode,
    Replay,
)
from dgn_explorer.engine.ordering import (
    continuation,
)
from dgn_explorer.errors import DgnError
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.results.record import STOPPED, Record
from dgn_explorer.synthesis.choosing import changed, usual_preset
from dgn_explorer.synthesis.methods.ppgn.about import PPGN
from dgn_explorer.synthesis.morph import between
from dgn_explorer.synthesis.plan import plan_of
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.sentence import find_units, target_of
from dgn_explorer.synthesis.targets import (
    Band,
    Caption,
    Chain,
    InRange,
    Maximise,
    Target,
    Term,
)


class AsksUnits(Orders):
    """Methods of `Explorer` for units."""

    def visualize(
        self, target: str | UnitAddress | Mapping[str, float] | Target, **how: Any
    ) -> Record:
        """The image that a unit, or several weighted ones, want to see; see `recipe`."""
        return self.make(self.recipe(target, **how))

    def inverse_set(
        self,
        ranges: Mapping[str, tuple[float, float]],
        *,
        minimise: str | Sequence[str] = (),
        maximise: str | Sequence[str] = (),
        count: int = 8,
        parameters: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> Record:
        """Different images that excite every unit of ``ranges`` to between its two numbers.

        The units of ``minimise`` and ``maximise`` are lowered and raised meanwhile. ``count`` is
        how many images there shall be, 1 to 1,000; the rest is as for `recipe`. Raises `DgnError`
        if no image lies in all the ranges.
        """
        target = self.in_range(ranges, minimise=minimise, maximise=maximise)
        given = {**(parameters or {}), "count": count}
        return self.make(self.recipe(target, method="inverse-set", parameters=given, **how))

    def in_range(
        self,
        ranges: Mapping[str, tuple[float, float]],
        *,
        minimise: str | Sequence[str] = (),
        maximise: str | Sequence[str] = (),
    ) -> InRange:
        """The target of `inverse_set`, its units looked up by name; raises `DgnError`."""
        resolve = self.network.resolve
        bands = tuple(Band(resolve(name), low, high) for name, (low, high) in ranges.items())
        terms = [
            Term(resolve(name), weight)
            for names, weight in ((maximise, 1.0), (minimise, -1.0))
            for name in ((names,) if isinstance(names, str) else names)
        ]
        return InRange(bands, tuple(terms))

    def more_steps(self, record: Record) -> Record:
        """Go on from a record; raises `DgnError` if its method cannot."""
        return self.make(continuation(record, record.recipe.parameters))

    def sample(
        self,
        target: str | UnitAddress | Mapping[str, float] | Target,
        count: int | None = None,
        **how: Any,
    ) -> Record:
        """Different images of a target from one chain of PPGN, as one record; see `recipe`.

        ``target`` may be a plan too: ``explorer.plan("volcano*5,strawberry*5")``. ``count`` is how
        many, by default what the plan or the preset says. With a published prior the preset is
        "published", if none is named.
        """
        how.setdefault("preset", usual_preset(PPGN, self.prior))
        wanted = self._target(target)
        if count is None and isinstance(wanted, Chain):
            count = wanted.count
        parameters = {**(how.pop("parameters", None) or {})}
        if count is not None:
            parameters["samples"] = count
        return self.visualize(wanted, method="ppgn", parameters=parameters, **how)

    def inpaint(
        self,
        photo: Picture,
        mask: Picture,
        target: str | UnitAddress | Mapping[str, float] | Target,
        count: int | None = None,
        **how: Any,
    ) -> Record:
        """Fill the white of ``mask`` in ``photo`` with what ``target`` wants to see; see `sample`.

        The photograph's middle square is what is filled.
        """
        how = {"preset": "inpaint", **how}
        return self.sample(target, count, inputs={"photo": photo, "mask": mask}, **how)

    def more_samples(self, record: Record, count: int) -> Record:
        """A record's chain with ``count`` samples more: those that it has come first, unchanged."""
        recipe, done = record.recipe, record.count
        field = recipe.about.count_field
        if not field:
            raise DgnError(f"{recipe.method} makes one image.", "Take another seed for another.")
        if record.state != STOPPED:  # some may have been left out
            done = getattr(recipe.parameters, field)
        changes = {field: done + count}
        parameters = changed(recipe.about, recipe.parameters, changes)
        return self.make(replace(recipe, parameters=parameters))

    def sentence(self, text: str) -> Maximise:
        """A target of the classes that a sentence names, weighted by likeness (extra ``words``)."""
        return target_of(find_units(self.network, text))

    def caption(self, text: str) -> Caption:
        """A target for `sample`: the words that a caption network shall say of the image.

        The network and its vocabulary are the inputs ``captioner`` and ``vocabulary``: see
        `networks.programs.caption_program`.
        """
        return Caption(tuple(text.split()))

    def plan(self, text: str) -> Chain:
        """The plan of a chain, such as ``volcano*5,strawberry*5``; raises `DgnError`."""
        return plan_of(self.network, text)

    def facets(self, unit: str, photos: Picture, count: int = 0, **how: Any) -> Record:
        """The kinds of photographs that excite a unit, as a record with an image of each.

        ``count`` 0 is the most stable number; `results.facets` reads the record. For the rest, and
        for the parameter ``folder``, see `recipe` and the method's parameters.
        """
        return self.make(self.facets_recipe(unit, photos, count, **how))

    def facets_recipe(self, unit: str, photos: Picture, count: int = 0, **how: Any) -> Recipe:
        """The order of `facets`."""
        parameters = dict(how.pop("parameters", None) or {})
        if count:
            parameters["facets"] = count
        given = {"photos": photos}
        return self.recipe(unit, method="facets", inputs=given, parameters=parameters, **how)

    def film(self, record: Record, frames: int = 60) -> np.ndarray:
        """Pictures (frames, S, S, 3) uint8 of how a record's first image formed."""
        with Bar(self._progress, "film") as show:
            question = Replay(record.recipe, record.steps, frames)
            pictures: np.ndarray = self.session.answer(question, show)
        return pictures

    def morph(
        self, first: Record, second: Record, frames: int = 60, path: str = "spherical"
    ) -> np.ndarray:
        """Pictures (frames, S, S, 3) uint8 on the way from one record's code to another's."""
        return self.decode(between(first.code, second.code, frames, path))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """The prior's pictures (N, S, S, 3) uint8 of codes (N, K) float32."""
        with Bar(self._progress, "pictures") as show:
            question = Decode(self.prior.fingerprint, np.asarray(codes, np.float32))
            pictures: np.ndarray = self.session.answer(question, show)
        return pictures
