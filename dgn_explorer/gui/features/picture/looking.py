"""How the picture on show is looked at: its size, its pixels, its contrast, and beside which."""

from collections.abc import Callable

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.features.picture.stage import Stage
from dgn_explorer.gui.look.tone import Tone
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.results.record import Record

_PIXELS = "pixels"  # the preference
_PAGES = frozenset({PageName.UNIT, PageName.MIX})


def keep_look(desk: Desk, stage: Stage) -> None:
    """Put what the next start takes up into the preferences."""
    desk.preferences.put(_PIXELS, not stage.canvas.smooth)
    stage.pinned.remember()


class Looking:
    """What the actions do."""

    def __init__(self, desk: Desk, stage: Stage) -> None:
        self._session, self._stage = desk.session, stage
        stage.canvas.set_smooth(not desk.preferences.get(_PIXELS, False))

    def _has(self) -> bool:
        return self._stage.canvas.image is not None

    def actions(self) -> tuple[Action, ...]:
        """Zoom, pixels, pin, contrast and brightness."""
        canvas, has = self._stage.canvas, self._has
        return (
            Action("zoom_in", "View", 1, "Zoom in", "Enlarge the image",
                   lambda: canvas.zoom_by(1), keys="Ctrl++", enabled=has),
            Action("zoom_out", "View", 1, "Zoom out", "Reduce the image",
                   lambda: canvas.zoom_by(-1), keys="Ctrl+-", enabled=has),
            Action("zoom_fit", "View", 1, "Fit", "Fit the image into the window", canvas.fit,
                   keys="Ctrl+0", icon="fit", enabled=has),
            Action("zoom_actual", "View", 1, "Actual size", "One image pixel for one screen pixel",
                   canvas.actual_size, keys="Ctrl+Alt+0", icon="actual", enabled=has),
            Action("pixels", "View", 1, "Show pixels", "Enlarge without smoothing",
                   lambda: canvas.set_smooth(not canvas.smooth), keys="Ctrl+P", icon="pixels",
                   checked=lambda: not canvas.smooth),
            Action("pin", "View", 1, "Keep this picture in sight",
                   "Pin the picture on show beside whatever you look at next", self._pin,
                   keys="Ctrl+Shift+B", icon="pin", toolbar=22, pages=_PAGES,
                   context=True, checked=self._is_pinned,
                   enabled=lambda: self._is_pinned() or self._on_show() is not None),
            *self._tone_actions(),
        )  # fmt: skip

    def _tone_actions(self) -> tuple[Action, ...]:
        """Contrast and brightness of the view; the stored picture stays what it is."""
        stage, canvas, has = self._stage, self._stage.canvas, self._has

        def by(name: str, steps: int) -> Callable[[], None]:
            return lambda: stage.set_tone(canvas.tone.more(name, steps))

        only = "in the window; what is stored, saved and copied stays as it is"
        return (
            Action("contrast_more", "View", 1, "More contrast", f"Raise the contrast {only}",
                   by("contrast", 1), keys="Alt+Shift+Right", icon="contrast", enabled=has,
                   place=1),
            Action("contrast_less", "View", 1, "Less contrast", f"Lower the contrast {only}",
                   by("contrast", -1), keys="Alt+Shift+Left", enabled=has, place=1),
            Action("brighter", "View", 1, "Brighter", f"Brighten the picture {only}",
                   by("brightness", 1), keys="Alt+Shift+Up", enabled=has, place=1),
            Action("darker", "View", 1, "Darker", f"Darken the picture {only}",
                   by("brightness", -1), keys="Alt+Shift+Down", enabled=has, place=1),
            Action("as_stored", "View", 1, "As it is stored",
                   "Show the picture without another contrast or brightness",
                   lambda: stage.set_tone(Tone()), keys="Alt+Shift+0", place=1,
                   enabled=lambda: not canvas.tone.plain),
        )  # fmt: skip

    def _on_show(self) -> Record | None:
        """The result on show, if it is this page's."""
        display = self._session.display
        there = self._stage.mine and self._has() and display.job is None
        return display.result if there else None

    def _is_pinned(self) -> bool:
        pinned, shown = self._stage.pinned.result, self._on_show()
        return pinned is not None and (shown is None or shown.key == pinned.key)

    def _pin(self) -> None:
        self._stage.pinned.pin(None if self._is_pinned() else self._on_show())
