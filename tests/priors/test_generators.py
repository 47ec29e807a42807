import math

import pytest
import torch
from torch import nn

from dgn_explorer.priors.architectures.building import build_generator
from dgn_explorer.priors.architectures.compact import CompactConfig, CompactGenerator, UpBlock
from dgn_explorer.priors.architectures.upconv import PIXEL_MEAN, UpconvConfig, UpconvGenerator
from dgn_explorer.priors.code_space import CodeSpace


@pytest.mark.parametrize(
    ("feature_size", "stages", "output_size", "base_size"),
    [(4, 3, 0, 4), (7, 5, 224, 7), (6, 5, 224, 7), (4, 5, 120, 4), (13, 4, 224, 14), (5, 1, 9, 5)],
)
def test_any_map_leads_to_any_image_size(
    feature_size: int, stages: int, output_size: int, base_size: int
) -> None:
    config = CompactConfig(3, 2, feature_size, 8, 1, (8,) * stages, output_size)
    assert config.base_size == base_size
    wanted = output_size or feature_size * 2**stages
    image = CompactGenerator(config).eval()(torch.zeros(1, 3))
    assert image.shape == (1, 3, wanted, wanted)


@pytest.mark.parametrize("upsampling", ["nearest", "bilinear"])
def test_upsampling_doubles_as_it_says(upsampling: str) -> None:
    block = UpBlock(2, 2, upsampling)
    for part in (block.first, block.second, block.skip):
        part.norm = None
        nn.init.zeros_(part.conv.weight)
    nn.init.ones_(block.skip.conv.weight)  # sums the channels and leaves the rest out
    y = block(torch.tensor([[[[0.0, 4.0]], [[0.0, 4.0]]]]))
    wanted = {"nearest": [0.0, 0.0, 8.0, 8.0], "bilinear": [0.0, 2.0, 6.0, 8.0]}[upsampling]
    assert y.shape == (1, 2, 2, 4) and y[0, 0, 0].tolist() == wanted


def test_an_unknown_upsampling_is_refused() -> None:
    with pytest.raises(ValueError, match="'cubic'"):
        CompactConfig(3, 2, 2, 8, 1, (8,), upsampling="cubic")


def test_the_first_layer_undoes_the_projection_and_stays() -> None:
    generator = CompactGenerator(CompactConfig(3, 2, 2, 8, 1, (8,)))
    inverse, mean = torch.randn(8, 3), torch.randn(8)
    generator.set_inverse(inverse, mean)
    code = torch.randn(4, 3)
    torch.testing.assert_close(generator.unproject(code), code @ inverse.T + mean)
    assert not generator.unproject.weight.requires_grad
    generator.set_inverse(inverse, mean, learned=True)
    assert generator.unproject.weight.requires_grad


def test_folding_changes_no_image() -> None:
    torch.manual_seed(0)
    generator = CompactGenerator(CompactConfig(3, 2, 3, 8, 2, (8, 8), 10))
    for _ in range(10):
        generator.train()(torch.randn(16, 3))
    code = torch.randn(4, 3)
    with torch.no_grad():
        before = generator.eval()(code)
        generator.fold()
        torch.testing.assert_close(generator(code), before, atol=1e-5, rtol=1e-5)


def test_the_published_architecture_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        generator = UpconvGenerator(UpconvConfig())
    shapes = {name: tuple(p.shape) for name, p in generator.named_parameters()}
    biases = sum(s[0] for n, s in shapes.items() if n.endswith("bias") and "def" not in n)
    assert biases == 1635
    assert sum(math.prod(shape) for shape in shapes.values()) - biases == 56_096_256
    assert shapes["defc7.weight"] == (4096, 4096)
    assert shapes["conv5_1.weight"] == (256, 512, 3, 3)
    assert shapes["deconv0.weight"] == (32, 3, 4, 4)


def test_the_published_generator_computes_what_a_plain_stack_of_its_layers_does() -> None:
    torch.manual_seed(0)
    generator = UpconvGenerator(UpconvConfig(5, 8))
    generator.initialise()
    leaky = nn.LeakyReLU(0.3)
    names = ["deconv5", "conv5_1", "deconv4", "conv4_1", "deconv3", "conv3_1", "deconv2", "deconv1"]
    code = torch.rand(2, 5)
    with torch.no_grad():
        x = leaky(generator.defc5(leaky(generator.defc6(leaky(generator.defc7(code))))))
        x = x.reshape(2, 8, 4, 4)
        for name in names:
            x = leaky(getattr(generator, name)(x))
        blue, green, red = generator.deconv0(x).unbind(1)
        found = generator(code)
    expected = torch.stack([red + 123, green + 117, blue + 104], 1) / 255
    assert PIXEL_MEAN == (104, 117, 123)
    assert found.shape == (2, 3, 256, 256)
    torch.testing.assert_close(found, expected)


def test_the_published_initial_weights_have_the_published_spread() -> None:
    torch.manual_seed(0)
    generator = UpconvGenerator(UpconvConfig(64, 64))
    generator.initialise()
    # count / num: a transposed convolution's weight is (in, out, k, k)
    assert generator.defc7.weight.std().item() == pytest.approx((2 / 64) ** 0.5, rel=0.02)
    fan_in = 64 * 16
    assert generator.deconv5.weight.std().item() == pytest.approx(
        1.8 * (2 / fan_in) ** 0.5, rel=0.02
    )
    fan_in = 128 * 9
    assert generator.conv5_1.weight.std().item() == pytest.approx(
        0.9 * (2 / fan_in) ** 0.5, rel=0.02
    )
    assert not generator.deconv5.bias.requires_grad
    assert generator.defc7.bias.requires_grad
    assert generator.deconv5.bias.abs().sum() == 0


def test_an_unknown_architecture_is_named() -> None:
    with pytest.raises(ValueError, match="dcgan"):
        build_generator("dcgan", {})


@pytest.mark.parametrize("width", [0, 12, 2048])
def test_widths_that_make_no_sense_are_refused(width: int) -> None:
    with pytest.raises(ValueError, match="width"):
        UpconvConfig(10, width)


def test_code_spaces_have_their_bounds() -> None:
    mean, scale = torch.tensor([1.0, 2.0]), torch.tensor([0.5, 0.0])
    space = CodeSpace.activations(mean, scale)
    assert space.clamp(torch.tensor([[-1.0, 9.0]])).tolist() == [[0.0, 2.0]]
    space = CodeSpace.outputs(mean, scale)
    assert space.clamp(torch.tensor([[-9.0, 9.0]])).tolist() == [[-0.5, 2.0]]
    space = CodeSpace.whitened(2, 2.0)
    assert space.clamp(torch.tensor([[-9.0, 0.5]])).tolist() == [[-2.0, 0.5]]
    assert space.size == 2
