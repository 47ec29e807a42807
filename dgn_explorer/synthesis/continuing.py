"""More steps from a result: large ones would wipe out the image that is to be gone on from."""

from dataclasses import replace

from dgn_explorer.synthesis.parameters import DgnAmParameters, Parameters

_FURTHEST = 0.75  # of the way down to the last step: smaller ones lose to the decay


def continued(before: Parameters, steps_done: int, wanted: Parameters) -> Parameters:
    """``wanted`` for going on from a run with the parameters ``before`` after ``steps_done`` steps.

    The step size goes on where that run has left it; from a finished one it starts with a quarter.
    If ``wanted`` is of another method it is ``before`` that goes on.

    >>> before = DgnAmParameters(steps=100, step_start=8.0, step_end=0.0)
    >>> continued(before, 50, before).step_start, continued(before, 100, before).step_start
    (4.0, 2.0)
    """
    if type(wanted) is not type(before):
        wanted = before
    if not isinstance(wanted, DgnAmParameters) or not isinstance(before, DgnAmParameters):
        return wanted
    fall = min(steps_done / before.steps, _FURTHEST) * (wanted.step_start - wanted.step_end)
    return replace(wanted, step_start=wanted.step_start - fall)
