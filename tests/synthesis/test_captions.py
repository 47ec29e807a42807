"""Captions: a small caption network, trained here, says its words of the images that form."""

import dataclasses
import io
import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.programs import caption_program
from dgn_explorer.networks.programs.caption_program import CaptionProgram, open_caption_program
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.recipe import Recipe
from dgn_explorer.synthesis.step import from_uint8
from dgn_explorer.synthesis.targets import Caption
from tests.synthesis.ppgn_setup import Chains, array
from tests.test_command_line import run

WORDS = ("red", "blue", "thing")
VOCABULARY = "\n".join(WORDS).encode()
SIZE = 16
CPU = torch.device("cpu")


class Captioner(nn.Module):
    """Says "red thing" or "blue thing" by the mean colour."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.Embedding(len(WORDS) + 1, 8)
        self.hidden = nn.Linear(3 + 8, 32)
        self.out = nn.Linear(32, len(WORDS) + 1)

    def forward(self, image: Tensor, previous: Tensor) -> Tensor:
        seen = torch.cat([image.mean((2, 3)), self.before(previous)], 1)
        return self.out(torch.relu(self.hidden(seen))).log_softmax(1)


def exported(module: nn.Module, *example: Tensor) -> bytes:
    data = io.BytesIO()
    torch.export.save(torch.export.export(module.eval(), example), data)
    return data.getvalue()


@pytest.fixture(scope="module")
def program() -> bytes:
    torch.manual_seed(0)
    module = Captioner()
    optimizer = torch.optim.Adam(module.parameters(), 0.02)
    for _ in range(150):
        image = torch.rand(64, 3, 1, 1)
        word = torch.where(image[:, 0, 0, 0] > image[:, 2, 0, 0], 1, 2)
        loss = torch.zeros(())
        for before, after in (
            (torch.zeros(64, dtype=torch.int64), word),
            (word, torch.full((64,), 3)),
            (torch.full((64,), 3), torch.zeros(64, dtype=torch.int64)),
        ):
            loss = loss + nn.functional.nll_loss(module(image, before), after)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.5
    return exported(module, torch.rand(1, 3, SIZE, SIZE), torch.zeros(1, dtype=torch.int64))


def opened(program: bytes) -> CaptionProgram:
    return open_caption_program(program, VOCABULARY, "captions.pt2", CPU)


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory, program: bytes) -> Chains:
    chains = Chains(tmp_path_factory.mktemp("prior"))
    chains.inputs.update({"a" * 64: program, "b" * 64: VOCABULARY})
    return chains


def recipe(chains: Chains, *words: str, seed: int = 0) -> Recipe:
    given = (Input("captioner", "a" * 64, "captions.pt2"), Input("vocabulary", "b" * 64))
    return chains.recipe(Caption(words), inputs=given, samples=2, warm=25, cycle=15, seed=seed)


def test_it_sums_the_log_probabilities_of_the_words_and_of_the_end(program: bytes) -> None:
    captions = opened(program)
    image = torch.rand(2, 3, 30, 30)
    module = torch.export.load(io.BytesIO(program)).module()
    small = nn.functional.interpolate(image, (SIZE, SIZE), mode="bilinear", antialias=True)
    wanted = [
        sum(
            module(one[None], torch.tensor([before]))[0, word]
            for before, word in ((0, 2), (2, 3), (3, 0))
        )
        for one in small
    ]
    found = captions.log_p(image, captions.numbers(["blue", "thing"]))
    torch.testing.assert_close(found, torch.stack(wanted))  # type: ignore[arg-type]


def test_images_come_to_show_what_is_to_be_said(chains: Chains, program: bytes) -> None:
    captions = opened(program)
    redness = []
    for word in ("red", "blue"):
        made = chains.one(recipe(chains, word, "thing"))
        images = array(made, "images")
        red, _, blue = images.mean((0, 1, 2))
        redness.append(red - blue)
        assert made.trace[-1] > made.trace[0]
        again = captions.log_p(from_uint8(images, CPU), captions.numbers([word, "thing"]))
        assert array(made, "activations")[:, 0] == pytest.approx(again.tolist(), rel=1e-4, abs=1e-5)
        assert array(made, "p").max() <= 1 and array(made, "p").min() >= 0
    assert redness[0] > redness[1]


def test_the_same_caption_gives_the_same_bytes(chains: Chains) -> None:
    first, second = (chains.one(recipe(chains, "red")) for _ in range(2))
    assert array(first, "images").tobytes() == array(second, "images").tobytes()


def test_the_published_rule_follows_the_whole_gradient(chains: Chains) -> None:
    order = recipe(chains, "red")
    parameters = order.parameters.changed(rule="published", prior_term=0.0)
    made = chains.one(dataclasses.replace(order, parameters=parameters))
    assert made.trace[-1] > made.trace[0]


@pytest.mark.parametrize(
    ("missing", "why"), [("captioner", "'captioner'"), ("vocabulary", "'vocabulary'")]
)
def test_a_caption_needs_its_network_and_words(chains: Chains, missing: str, why: str) -> None:
    order = recipe(chains, "red")
    rest = tuple(one for one in order.inputs if one.role != missing)
    with pytest.raises(DgnError, match=why):
        chains.one(dataclasses.replace(order, inputs=rest))


def test_a_word_that_it_does_not_know_is_named(chains: Chains) -> None:
    with pytest.raises(DgnError, match="does not know the word 'green'"):
        chains.one(recipe(chains, "green", "thing"))


def test_a_caption_is_no_book() -> None:
    Caption(("w" * 1_000,))
    with pytest.raises(DgnError, match="The caption has 1,001 characters"):
        Caption(("w" * 500, "v" * 500))
    with pytest.raises(DgnError, match="has no words"):
        Caption(())


class OneInput(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image.mean((2, 3)).log_softmax(1)


class Logits(Captioner):
    def forward(self, image: Tensor, previous: Tensor) -> Tensor:
        return super().forward(image, previous) + 1


def test_what_is_no_caption_network_is_refused(program: bytes) -> None:
    image, word = torch.rand(1, 3, SIZE, SIZE), torch.zeros(1, dtype=torch.int64)
    for data, vocabulary, why in (
        (exported(OneInput(), image), VOCABULARY, "is no caption network"),
        (exported(Logits(), image, word), VOCABULARY, "does not give log-probabilities"),
        (program, b"red\nblue", "the vocabulary has 2 words"),
        (program, b"red\nred\nblue", "3 lines, 2 of them different"),
        (program, b"\xff\xfe", "not UTF-8"),
        (program[:-200], VOCABULARY, "captions.pt2"),
        (b"hello", VOCABULARY, "captions.pt2"),
    ):
        with pytest.raises(DgnError, match=why):
            open_caption_program(data, vocabulary, "captions.pt2", CPU)


def test_a_caption_from_the_command_line(tmp_path: Path, program: bytes) -> None:
    (tmp_path / "captions.pt2").write_bytes(program)
    (tmp_path / "words.txt").write_bytes(VOCABULARY)
    files = ("--captioner", "captions.pt2", "--vocabulary", "words.txt")
    short = ("--count", "1", "--set", "warm=2", "--set", "prior_term=0", "--json")
    done = run("sample", "--caption", "red thing", *files, *short, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (line,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert line["label"] == "red thing" and line["activation"] < 0
    assert Path(line["path"]).is_file()


class Greedy(Captioner):
    """Asks for a terabyte."""

    def forward(self, image: Tensor, previous: Tensor) -> Tensor:
        scores: Tensor = super().forward(image, previous)
        return scores + torch.zeros(1 << 38).sum()


def test_a_caption_network_is_tried_in_a_process_of_its_own(
    program: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(kind: str, archive: bytes, *rest: object, **more: object) -> None:
        raise DgnError("It was tried.", "Not here.")

    monkeypatch.setattr(caption_program, "require_opens", refuse)
    with pytest.raises(DgnError, match="It was tried"):
        opened(program)


def test_a_caption_network_that_asks_for_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caption_program, "require_opens", lambda *args, **more: None)
    image, previous = torch.rand(1, 3, SIZE, SIZE), torch.zeros(1, dtype=torch.int64)
    with pytest.raises(DgnError, match=r"asks for 1024\.0 GiB"):
        opened(exported(Greedy(), image, previous))
