"""A film before the network: numbers are those of its pictures, and other work comes first."""

import queue
import threading

import numpy as np

from dgn_explorer.engine.messages import Answered, Cancelled, Failed, Finished, Lane, Sight, Watch
from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import encode_png
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.inputs import Input
from tests.engine.setup import Setup
from tests.engine.test_engine import setup

__all__ = ["setup"]

PICTURES = [np.random.default_rng(n).integers(0, 256, (50, 40, 3), np.uint8) for n in range(3)]


class FakeFilm:
    """A film from memory; endless where ``goes_on``."""

    def __init__(self, pictures: list[np.ndarray], goes_on: bool = False) -> None:
        self._left = list(enumerate(pictures))
        self._goes_on = goes_on
        self.waits = threading.Event()

    def take(self, timeout_s: float) -> tuple[int, np.ndarray] | None:
        self.waits.set()
        return self._left.pop(0) if self._left else None

    @property
    def ended(self) -> bool:
        return not self._left and not self._goes_on

    def why_nothing(self) -> DgnError:
        return DgnError("The film is empty.", "Take another.")


def ask(setup: Setup, film: FakeFilm, layer: str) -> tuple[int, "queue.Queue[Sight]"]:
    sights: queue.Queue[Sight] = queue.Queue()
    question = Watch(setup.network.info.fingerprint, film, layer, sights.put)  # type: ignore[arg-type]
    return setup.engine.ask(question), sights


def end_of(setup: Setup, job: int) -> Answered | Failed | Cancelled:
    while True:
        event = setup.next()
        if isinstance(event, Answered | Failed | Cancelled) and event.job == job:
            return event


def test_every_picture_is_seen_as_a_photograph_is(setup: Setup) -> None:
    info = setup.network.info
    job, sights = ask(setup, FakeFilm(PICTURES), "conv2")
    end = end_of(setup, job)
    assert isinstance(end, Answered) and end.answer == len(PICTURES)
    seen = [sights.get_nowait() for _ in PICTURES]
    assert [one.number for one in seen] == [0, 1, 2]
    for one, picture in zip(seen, PICTURES, strict=True):
        photo = Input("photo", setup.store.inputs.put(encode_png(picture)))
        survey = Survey(info.name, info.fingerprint, "maps", layers=("conv2",), inputs=(photo,))
        record = setup.end_of(setup.engine.submit(survey)).record
        np.testing.assert_array_equal(one.seen, middle_square(picture, info.working_size))
        assert one.maps is not None
        np.testing.assert_allclose(one.maps, record.array("maps"), atol=1e-5)
        np.testing.assert_allclose(one.activations, record.array("means"), atol=1e-5)
        assert one.classes[0][1] == max(share for _, share in one.classes)


def test_a_flat_layer_has_activations_and_no_maps(setup: Setup) -> None:
    job, sights = ask(setup, FakeFilm(PICTURES[:1]), "fc")
    end_of(setup, job)
    sight = sights.get_nowait()
    assert sight.maps is None and len(sight.activations) == len(setup.network.info.labels)
    assert sight.classes[0][0] == int(sight.activations.argmax())


def test_work_comes_before_a_film_and_a_stop_ends_it(setup: Setup) -> None:
    film = FakeFilm(PICTURES, goes_on=True)
    job, sights = ask(setup, film, "conv2")
    assert film.waits.wait(20)
    end = setup.end_of(setup.engine.submit(setup.recipe("dog", steps=2)))
    assert isinstance(end, Finished)
    info = setup.network.info
    photo = Input("photo", setup.store.inputs.put(encode_png(PICTURES[0])))
    aside = Survey(info.name, info.fingerprint, "strongest", inputs=(photo,))
    assert isinstance(setup.end_of(setup.engine.submit(aside, Lane.ASIDE)), Finished)
    setup.engine.cancel(job)
    assert isinstance(end_of(setup, job), Cancelled)
    assert sights.qsize() == len(PICTURES)


def test_an_empty_film_says_so(setup: Setup) -> None:
    job, _ = ask(setup, FakeFilm([]), "conv2")
    end = end_of(setup, job)
    assert isinstance(end, Failed) and end.message == "The film is empty."
