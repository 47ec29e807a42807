"""Plans of a chain, as users write them: units with how many samples of each."""

import re

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.synthesis.targets import Chain, Link, Maximise, Term

_LINK = re.compile(r"\s*(.+?)\s*\*\s*(\d{1,6})\s*(?:,|$)")  # names may have commas themselves


def parse_plan(text: str) -> list[tuple[str, int]]:
    """Units and counts of ``UNIT*COUNT,UNIT*COUNT``; raises `DgnError` for anything else.

    >>> parse_plan("volcano*5, drake, wood duck*2")
    [('volcano', 5), ('drake, wood duck', 2)]
    """
    found, at = [], 0
    while at < len(text):
        link = _LINK.match(text, at)
        if link is None or int(link[2]) == 0:
            break
        found.append((link[1], int(link[2])))
        at = link.end()
    if not found or at < len(text):
        raise DgnError(
            f"{text[at : at + 80]!r} is no part of a plan.",
            'Write units with their samples, such as "volcano*5,strawberry*5".',
        )
    return found


def plan_of(network: NetworkInfo, text: str) -> Chain:
    """The plan in ``text`` for the units of ``network``; raises `DgnError`."""
    pairs = parse_plan(text)
    return Chain(
        tuple(Link(Maximise((Term(network.resolve(name)),)), count) for name, count in pairs)
    )
