"""How long an answer will take: from the runs of this machine, or else from those of the makers."""

from statistics import median_low

from dgn_explorer.gui.look.texts import time_text
from dgn_explorer.gui.state.run_settings import RunSettings
from dgn_explorer.gui.state.session import Session
from dgn_explorer.results.record import DONE
from dgn_explorer.studies.questions import About
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.parameters import Parameters

_RUNS = 5  # the newest of them count


def work_of(about: About, parameters: Parameters) -> float:
    """How much ``parameters`` ask for, the default parameters being 1.

    >>> from dgn_explorer.studies.questions import question_named
    >>> about = question_named("dgn-am")
    >>> [work_of(about, about.presets[name]) for name in ("default", "best")]
    [1.0, 2.0]
    """
    work = 1.0
    question = about.asked
    for name in (question.quality, question.count):
        if name:
            usual = float(getattr(about.default, name))
            work *= float(getattr(parameters, name)) / usual if usual else 1.0
    return work * _starts(about, parameters) / _starts(about, about.default)


def _starts(about: About, parameters: Parameters) -> int:
    name = about.starts_field if isinstance(about, Method) else ""
    return int(getattr(parameters, name)) if name else 1


def expected_seconds(session: Session, settings: RunSettings | None = None) -> tuple[float, bool]:
    """Seconds for the question with ``settings``, and whether they were measured here.

    Without any it is the question on show. Only runs of the open network tell how fast it is.
    """
    settings = settings or session.settings.value
    about, network = settings.about, session.network
    steps = getattr(settings.parameters, "steps", 0)
    measured: list[float] = []
    for item in session.library.items:
        if len(measured) == _RUNS:
            break
        known = item.method == about.name and item.state == DONE and item.seconds > 0
        here = network is not None and item.network_fingerprint == network.fingerprint
        if known and here and item.steps:
            measured.append(item.seconds / item.steps / item.starts)
    if measured and isinstance(steps, int) and steps:
        passes = steps * _starts(about, settings.parameters)
        return median_low(measured) * passes * settings.count, True
    return about.asked.seconds * work_of(about, settings.parameters) * settings.count, False


def expected_text(session: Session) -> str:
    """The same in words; empty where nothing is known."""
    seconds, measured = expected_seconds(session)
    if not seconds:
        return ""
    return f"about {time_text(max(1, seconds))}" + ("" if measured else ", estimated")
