import pytest
import torch

from dgn_explorer.training.learning.adversary import (
    FeatureDiscriminator,
    ImageDiscriminator,
    Patches,
    Pausing,
)


def test_the_heads_score_every_position_and_only_the_deepest_sees_the_code() -> None:
    torch.manual_seed(0)
    d = FeatureDiscriminator([4, 6], 3).eval()
    features = [torch.rand(2, 4, 8, 8), torch.rand(2, 6, 4, 4)]
    code = torch.randn(2, 3)
    scores = d(torch.zeros(2, 3, 8, 8), features, code)
    assert [tuple(s.shape) for s in scores] == [(2, 1, 8, 8), (2, 1, 4, 4)]
    other = d(torch.zeros(2, 3, 8, 8), features, code + 1)
    assert torch.equal(scores[0], other[0])
    assert not torch.allclose(scores[1], other[1])


def test_patches_count_as_much_as_all_heads_together() -> None:
    torch.manual_seed(0)
    d = FeatureDiscriminator([4, 4], 3, patches=True).eval()
    features = [torch.rand(2, 4, 8, 8), torch.rand(2, 4, 4, 4)]
    images = torch.rand(2, 3, 128, 128)
    scores = d(images, features, torch.randn(2, 3))
    assert [tuple(s.shape) for s in scores[2:]] == [(2, 1, 8, 8)]
    assert not torch.allclose(scores[2], d(1 - images, features, torch.randn(2, 3))[2])
    one, three, nought = (torch.full((2, 1, 1, 1), x) for x in (1.0, 3.0, 0.0))
    assert d.fooled([one, three, nought]).item() == -1.0
    assert d.fooled([nought, nought, one]).item() == -0.5
    assert d.judge_real([nought, nought, one]).item() == 0.5
    assert d.judge_fake([nought, nought, -one]).item() == 0.5


def test_patches_see_78_pixels() -> None:
    torch.manual_seed(0)
    image = torch.rand(1, 3, 256, 256, requires_grad=True)
    score = Patches().eval()(image)[0, 0, 8, 8]
    (gradient,) = torch.autograd.grad(score, image)
    seen = gradient.abs().sum((0, 1)).sum(0).nonzero().flatten()
    assert int(seen.max() - seen.min()) + 1 == 78


def test_the_hinge_loss_is_2_at_chance_and_0_by_a_margin() -> None:
    d = FeatureDiscriminator([4], 3)
    zero, sure = [torch.zeros(2, 1, 4, 4)], [torch.full((2, 1, 4, 4), 1.5)]
    no = [-s for s in sure]
    assert (d.judge_real(zero) + d.judge_fake(zero)).item() == 2
    assert (d.judge_real(sure) + d.judge_fake(no)).item() == 0
    assert d.fooled(sure).item() == -1.5


def test_the_published_discriminator_has_the_published_layers() -> None:
    d = ImageDiscriminator(4096).eval()
    assert [tuple(c.weight.shape) for c in d.convolutions] == [
        (32, 3, 7, 7),
        (64, 32, 5, 5),
        (128, 64, 3, 3),
        (256, 128, 3, 3),
        (256, 256, 3, 3),
    ]
    assert d.joined.in_features == 768
    sizes = []
    for layer in d.convolutions:
        layer.register_forward_hook(lambda _, __, out: sizes.append(out.shape[-1]))
    with torch.no_grad():
        (scores,) = d(torch.rand(1, 3, 227, 227), [], torch.rand(1, 4096))
    assert sizes == [56, 52, 25, 23, 11]
    assert scores.shape == (1, 2)


def test_the_published_discriminator_learns_to_tell_and_the_generator_wants_the_opposite() -> None:
    d = ImageDiscriminator(3)
    real = [torch.tensor([[9.0, -9.0]])]
    fake = [torch.tensor([[-9.0, 9.0]])]
    assert d.judge_real(real) < 1e-6 and d.judge_fake(fake) < 1e-6
    assert d.judge_real(fake) > 10 and d.judge_fake(real) > 10
    assert d.fooled(fake) > 10 and d.fooled(real) < 1e-6


def test_dropout_is_on_in_training_alone() -> None:
    torch.manual_seed(0)
    d = ImageDiscriminator(3)
    images, code = torch.rand(2, 3, 63, 63), torch.rand(2, 3)
    with torch.no_grad():
        assert not torch.equal(d(images, [], code)[0], d(images, [], code)[0])
        d.eval()
        assert torch.equal(d(images, [], code)[0], d(images, [], code)[0])


def update(rule: Pausing, discriminator: float, generator: float) -> None:
    rule.update(torch.tensor(discriminator), torch.tensor(generator))


def test_the_smoothed_rule_waits_between_its_limits() -> None:
    rule = Pausing("smooth")
    for _ in range(500):
        update(rule, 0.1, 1.0)
    assert rule.discriminator_rests and not rule.generator_rests
    while rule.smoothed < 0.75:
        update(rule, 1.5, 1.0)
    assert rule.discriminator_rests
    while rule.smoothed < 0.85:
        update(rule, 1.5, 1.0)
    assert not rule.discriminator_rests
    update(rule, 0.6, 1.0)
    assert not rule.discriminator_rests


@pytest.mark.parametrize(
    ("ratios", "rests"),
    [
        ([0.2], (False, False)),
        ([0.05], (True, False)),
        ([0.05, 0.3], (True, False)),  # it goes on above 0.5 only
        ([0.05, 0.6], (False, False)),
        ([11.0], (False, True)),
        ([0.05, 11.0], (False, True)),
        ([11.0, 9.0], (False, False)),
    ],
)
def test_the_published_rule(ratios: list[float], rests: tuple[bool, bool]) -> None:
    rule = Pausing("ratio")
    for ratio in ratios:
        update(rule, ratio * 2.0, 2.0)
    assert (rule.discriminator_rests, rule.generator_rests) == rests
    again = Pausing("ratio")
    again.load(rule.state())
    assert again.state() == rule.state()


def test_no_rule_never_rests() -> None:
    rule = Pausing("none")
    update(rule, 1e-9, 1.0)
    assert not rule.discriminator_rests and not rule.generator_rests
