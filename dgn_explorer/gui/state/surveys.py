"""Surveys that somebody at the window waits for: from the store, or else by the engine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import encode_png
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.library import Library
from dgn_explorer.gui.state.questions import Questions
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.results.record import DONE, Record
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.inputs import Input


@dataclass(frozen=True)
class Verdict:
    """The best classes of a network for a picture, (index, probability), best first."""

    network_fingerprint: str
    top: tuple[tuple[int, float], ...]


class Wish:
    """A survey that is wanted until it is dropped."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._number: int | None = None
        self.dropped = False

    def drop(self) -> None:
        """Want it no more; nobody is told."""
        self.dropped = True
        if self._number is not None:
            self._questions.drop(self._number)

    def ask(self, survey: Survey, answered: Callable[[Record], None]) -> None:
        """Let the engine compute ``survey``."""
        self._number = self._questions.order(survey, answered)


class Surveys(QObject):
    """Asks for analyses; ``answered`` gets the result on the window's thread, once."""

    def __init__(
        self,
        questions: Questions,
        library: Library,
        flows: Flows,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._questions, self._library, self._flows = questions, library, flows

    def verdict(
        self, network: NetworkInfo, photo: Input, answered: Callable[[Record], None]
    ) -> Wish:
        """What a network sees in a photograph that the store has."""
        given = Input("picture", photo.sha256, photo.name)
        survey = Survey(network.name, network.fingerprint, "verdict", inputs=(given,))
        wish = Wish(self._questions)
        self._flows.start(self._find(wish, survey, answered))
        return wish

    def values(
        self,
        network: NetworkInfo,
        photo: Input,
        layers: tuple[str, ...],
        answered: Callable[[Record], None],
    ) -> Wish:
        """What every unit of ``layers`` makes of a photograph, as photo sets are measured."""
        given = (replace(photo, role="photo"),)
        survey = Survey(network.name, network.fingerprint, "values", layers=layers, inputs=given)
        wish = Wish(self._questions)
        self._flows.start(self._find(wish, survey, answered))
        return wish

    def verdicts(
        self,
        image: np.ndarray,
        networks: Sequence[NetworkInfo],
        prior_fingerprint: str,
        answered: Callable[[Verdict], None],
    ) -> Wish:
        """What each of ``networks`` sees in a picture (H, W, 3) uint8 of a prior, one by one."""
        wish = Wish(self._questions)
        self._flows.start(self._judge(wish, image, networks, prior_fingerprint, answered))
        return wish

    async def _judge(
        self,
        wish: Wish,
        image: np.ndarray,
        networks: Sequence[NetworkInfo],
        prior_fingerprint: str,
        answered: Callable[[Verdict], None],
    ) -> None:
        try:
            kept = await self._flows.on_disk(self._keep, image)
        except DgnError:  # a full disk: the picture is there all the same
            return
        left = list(networks)

        def next_one() -> None:
            if left and not wish.dropped:
                self._flows.start(self._find(wish, survey_of(left[0]), take))

        def survey_of(network: NetworkInfo) -> Survey:
            inputs = (Input("picture", kept),)
            return Survey(
                network.name,
                network.fingerprint,
                "verdict",
                inputs=inputs,
                shown_by=prior_fingerprint,
            )

        def take(record: Record) -> None:
            left.pop(0)
            rows = (record.array("class_index").tolist(), record.array("probability").tolist())
            top = tuple(zip(*rows, strict=True))
            answered(Verdict(record.order.network_fingerprint, top))
            next_one()

        next_one()

    async def _find(self, wish: Wish, survey: Survey, answered: Callable[[Record], None]) -> None:
        found = await self._library.load(survey.key)
        if wish.dropped:
            return
        if found is not None and found.state == DONE:
            answered(found)
        else:
            wish.ask(survey, answered)

    def _keep(self, image: np.ndarray) -> str:
        return self._library.keep_input(encode_png(image))
