"""More steps from a result: as many or as large as the first would wipe its image out."""

from dataclasses import replace

from dgn_explorer.synthesis.parameters import DgnAmParameters, Parameters

_FURTHEST = 0.85  # of the way down to the last step: smaller ones lose to the decay


def continued(before: Parameters, steps_done: int, wanted: Parameters) -> Parameters:
    """``wanted`` for going on from a run with the parameters ``before`` after ``steps_done`` steps.

    Step sizes and number of steps are the rest of that run; of a finished one its last seventh
    comes once more, because an image does not outlive as many steps as it took to form.
    If ``wanted`` is of another method it is ``before`` that goes on.

    >>> before = DgnAmParameters(steps=100, step_start=8.0, step_end=0.0)
    >>> after = [continued(before, done, before) for done in (50, 100)]
    >>> [(p.steps, round(p.step_start, 6)) for p in after]
    [(50, 4.0), (15, 1.2)]
    """
    if type(wanted) is not type(before):
        wanted = before
    if not isinstance(wanted, DgnAmParameters) or not isinstance(before, DgnAmParameters):
        return wanted
    done = min(steps_done / before.steps, _FURTHEST)
    steps = max(1, round(wanted.steps * (1 - done)))
    start = wanted.step_start - done * (wanted.step_start - wanted.step_end)
    return replace(wanted, steps=steps, step_start=start)
