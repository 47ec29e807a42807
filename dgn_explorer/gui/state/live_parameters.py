"""Parameters that act at once: the running image goes on with them from the code where it is."""

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from dgn_explorer.gui.state.session import Session
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.parameters import Parameters

FOLLOW_MS = 150  # after the last change; sooner would start an ascent a keystroke
_FIRST_CODE = "init_scale"  # says how to begin, so what goes on has no use for it


class LiveParameters(QObject):
    """While `on`, a change of parameters replaces the running ascent, as moved weights do.

    Methods without a prior have no code to go on from: for them a change waits for the next run.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.on = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self._apply)
        session.settings.changed.connect(self._settings_changed)

    @property
    def safe(self) -> bool:
        """Whether runs of the method of the settings can go on with other parameters."""
        about = self._session.settings.value.about
        return isinstance(about, Method) and about.with_prior

    def toggle(self) -> None:
        """Switch it on, which applies what has been changed so far, or off."""
        self.on = not self.on
        self.changed.emit()
        self._settings_changed()

    def _settings_changed(self) -> None:
        if self.on:
            self._timer.start()
        else:
            self._timer.stop()

    def _apply(self) -> None:
        session, wanted = self._session, self._session.settings.value
        running = session.runs.live_recipe
        if (
            running is not None
            and self.safe
            and running.method == wanted.method
            and session.network is not None
            and running.network_fingerprint == session.network.fingerprint
            and _matter_now(wanted.parameters, running.parameters)
        ):
            session.go_on_with(replace(running, parameters=wanted.parameters))


def _matter_now(new: Parameters, old: Parameters) -> bool:
    """Whether two parameter sets of one method differ in more than how to begin."""
    return any(
        getattr(new, spec.name) != getattr(old, spec.name)
        for spec in new.specs()
        if spec.name != _FIRST_CODE
    )
