"""Every question that can be asked: the rows of `METHODS` and `STUDIES` together.

The window reads nothing else to make its chips and controls, so a new row needs no new panel.
"""

from dgn_explorer.errors import DgnError
from dgn_explorer.studies.study import Study
from dgn_explorer.studies.table import STUDIES
from dgn_explorer.synthesis.methods.method import Method
from dgn_explorer.synthesis.methods.table import METHODS
from dgn_explorer.synthesis.question import Subject

About = Method | Study


def questions() -> tuple[About, ...]:
    """All of them, in the order of the tables."""
    both: list[About] = [*METHODS]
    both += STUDIES
    return tuple(both)


def question_named(name: str) -> About:
    """The method or study called ``name``; raises `DgnError` for an unknown one."""
    for about in questions():
        if about.name == name:
            return about
    raise DgnError(f"There is no method or study called {name!r}.", "Update dgn-explorer.")


def questions_of(subject: Subject) -> tuple[About, ...]:
    """What can be asked of ``subject``, by their places, then as in the tables.

    >>> [about.name for about in questions_of(Subject.MIX)]
    ['dgn-am', 'pixels', 'ppgn', 'inverse-set']
    """
    found = (about for about in questions() if subject in about.asked.of)
    return tuple(sorted(found, key=lambda about: about.asked.place))
