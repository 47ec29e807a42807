"""Many images of one unit: how they are shown, more of them, plans, and holes to fill."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.answers import Answer
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.many.hole_dialog import HoleDialog
from dgn_explorer.gui.features.many.live_panel import LivePanel
from dgn_explorer.gui.features.many.many_view import ManyView
from dgn_explorer.gui.features.many.picking import Picking
from dgn_explorer.gui.features.many.plan_dialog import PlanDialog
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.results.record import STOPPED
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.methods.inverse_set.about import INVERSE_SET
from dgn_explorer.synthesis.methods.ppgn.about import PPGN, PpgnParameters
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.targets import Maximise

_MORE = 8
_FOR_EVER = 10_000  # the most that a recipe can ask for
_UNITS = frozenset({PageName.UNIT, PageName.MIX})


def many_feature(desk: Desk) -> Feature:
    """The view of chains and sets, and what is asked besides their chips."""
    picking = Picking(desk)
    many = _Many(desk, picking)
    session = desk.session
    return Feature(
        name="many",
        actions=(
            Action("more_images", "Run", 1, f"{_MORE} more images",
                   "Go on with the chain on show from its newest image", many.more,
                   keys="Ctrl+Alt+M", enabled=lambda: many.grows is not None, place=3,
                   context=True, pages=_UNITS),
            Action("images_for_ever", "Run", 1, "Images for ever",
                   "Go on with the chain on show until you stop it", many.for_ever,
                   enabled=lambda: many.grows is not None, place=3, pages=_UNITS),
            Action("plan", "Run", 1, "From one unit to the next…",
                   "One chain of images that goes through several units", many.ask_plan,
                   enabled=lambda: session.network is not None, place=4),
            Action("fill_hole", "Run", 1, "Fill a hole in the photo…",
                   "Paint over a part of the open photo and let a unit fill it", many.ask_hole,
                   enabled=lambda: desk.photo.image is not None and session.prior is not None,
                   place=5, context=True, pages=frozenset({PageName.PHOTO})),
        ),
        follows=(
            session.opened,
            session.selected,
            session.display_changed,
            desk.photo.opened,
            desk.book.page_changed,
        ),
        answers=tuple(
            Answer(
                "images",
                lambda: ManyView(desk, picking),
                about=method.name,
                live=lambda: LivePanel(desk, picking),
            )
            for method in (PPGN, INVERSE_SET)
        ),
    )  # fmt: skip


class _Many(QObject):
    def __init__(self, desk: Desk, picking: Picking) -> None:
        super().__init__(desk.window)
        self._desk, self._session, self._picking = desk, desk.session, picking

    @property
    def grows(self) -> Recipe | None:
        """The recipe on show, if a longer one begins with its images."""
        display = self._session.display
        recipe = display.recipe if display.result is not None and display.job is None else None
        return recipe if recipe is not None and recipe.about.grows else None

    def more(self) -> None:
        """Make the same recipe with more images."""
        self._go_on(_MORE)

    def for_ever(self) -> None:
        """Make as many images as a recipe can ask for; a Stop keeps what is there."""
        self._go_on(_FOR_EVER)

    def _go_on(self, more: int) -> None:
        """Make the recipe on show with so many more images than were asked for, or came about."""
        recipe, result = self.grows, self._session.display.result
        if recipe is not None and result is not None:
            p: Any = recipe.parameters
            name = recipe.about.count_field
            count = result.count if result.state == STOPPED else getattr(p, name)
            count = min(_FOR_EVER, count + more)
            longer = replace(recipe, parameters=replace(p, **{name: count}))
            self._picking.hand_on(recipe.key, longer.key)
            self._session.run(longer)

    def ask_plan(self) -> None:
        """Ask for a plan, and show its chain."""
        network, unit = self._session.network, self._session.unit
        if network is None:
            return
        name = "" if unit is None else network.label(unit) or str(unit)
        dialog = PlanDialog(network, name, self._desk.window)
        dialog.accepted.connect(lambda: self._run_plan(dialog))
        dialog.open()

    def _run_plan(self, dialog: PlanDialog) -> None:
        if dialog.plan is not None:
            first = self._session.settings.first(PPGN.name)
            parameters = first.changed(samples=dialog.plan.count)
            self._session.run_target(dialog.plan, PPGN.name, parameters)

    def ask_hole(self) -> None:
        """Ask for a hole and what shall fill it."""
        network, unit, image = self._session.network, self._session.unit, self._desk.photo.image
        if network is None or image is None:
            return
        name = "" if unit is None else network.label(unit) or str(unit)
        dialog = HoleDialog(self._desk.theme, network, image, name, self._desk.window)
        dialog.accepted.connect(lambda: self._run_hole(dialog))
        dialog.open()

    def _run_hole(self, dialog: HoleDialog) -> None:
        photo, target, count = self._desk.photo.input, dialog.target, int(dialog.count.value)
        if photo is not None and target is not None:
            self._desk.flows.start(self._fill(photo, dialog.hole, target, count))

    async def _fill(self, photo: Input, mask: np.ndarray, target: Maximise, count: int) -> None:
        session = self._session
        try:
            data = _png(mask)
            kept = await self._desk.flows.on_disk(session.library.keep_input, data)
        except DgnError as error:
            session.problem.emit(error.message, error.hint, "")
            return
        preset = PPGN.presets["inpaint"]
        assert isinstance(preset, PpgnParameters)
        given = (replace(photo, role="photo"), Input("mask", kept, "painted hole"))
        session.run_target(target, PPGN.name, replace(preset, samples=count), given)


def _png(mask: np.ndarray) -> bytes:
    data = io.BytesIO()
    Image.fromarray(mask).save(data, "PNG")
    return data.getvalue()
