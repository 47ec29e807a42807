"""Every layer of torchvision's and timm's families and of random networks reads what a hook sees.

A few families run always; all of them with ``DGN_EXPLORER_ALL_FAMILIES=1``.
"""

import os

import pytest
from torch import nn

from dgn_explorer.networks.opening import open_network
from dgn_explorer.networks.options import NetworkOptions
from tests.networks.making import image, wrong_layers

ALL = bool(os.environ.get("DGN_EXPLORER_ALL_FAMILIES"))

# The smallest of each family of torchvision, and a small size that it runs at
TORCHVISION = {
    "alexnet": 64,
    "convnext_tiny": 32,
    "densenet121": 32,
    "efficientnet_b0": 32,
    "efficientnet_v2_s": 32,
    "googlenet": 64,
    "inception_v3": 96,
    "maxvit_t": 224,
    "mnasnet0_5": 32,
    "mobilenet_v2": 32,
    "mobilenet_v3_small": 32,
    "regnet_y_400mf": 32,
    "resnet18": 32,
    "resnext50_32x4d": 32,
    "shufflenet_v2_x0_5": 32,
    "squeezenet1_1": 64,
    "swin_t": 64,
    "swin_v2_t": 64,
    "vgg11": 32,
    "vit_b_16": 224,
    "wide_resnet50_2": 32,
}
TORCHVISION_ALWAYS = ("googlenet", "mobilenet_v3_small", "shufflenet_v2_x0_5", "swin_t")

# One of each family of timm, the smallest, at its own size where that is all it takes (0)
TIMM = {
    "beit3_base_patch16_224": 0,
    "beit_base_patch16_224": 0,
    "cait_xxs24_224": 0,
    "coat_tiny": 0,
    "coatnet_pico_rw_224": 0,
    "convit_tiny": 0,
    "convmixer_768_32": 0,
    "convnext_atto_rms": 0,
    "cpubone_nano": 0,
    "crossvit_tiny_240": 0,
    "cs3darknet_focus_s": 0,
    "csatv2": 0,
    "cspnext_tiny": 0,
    "davit_tiny": 0,
    "deepseek_vit_412m": 0,
    "deit_small_patch16_224": 0,
    "densenet121": 0,
    "dla46x_c": 0,
    "dpn48b": 0,
    "edgenext_xx_small": 0,
    "efficientformer_l1": 0,
    "efficientformerv2_s0": 0,
    "efficientnet_b0": 0,
    "efficientvim_m1": 0,
    "efficientvit_b0": 0,
    "efficientvit_m0": 0,
    "ese_vovnet19b_slim_dw": 0,
    "eva02_tiny_patch14_224": 0,
    "fasternet_t0": 0,
    "fastvit_t8": 0,
    "focalnet_tiny_srf": 0,
    "gcvit_xxtiny": 0,
    "gemma4_vit_167m": 0,
    "ghostnet_050": 0,
    "gmlp_ti16_224": 0,
    "halonet_h1": 0,
    "hardcorenas_b": 0,
    "hgnetv2_b0": 0,
    "hiera_tiny_224": 0,
    "hrnet_w18_small": 0,
    "iformer_t": 0,
    "inception_next_atto": 0,
    "inception_resnet_v2": 0,
    "inception_v3": 0,
    "inception_v4": 0,
    "lcnetv2_small": 0,
    "legacy_seresnet18": 0,
    "legacy_xception": 0,
    "levit_128s": 0,
    "lowformer_b0": 0,
    "mobilenetv3_small_050": 0,
    "mobilenetv5_base": 0,
    "mobileone_s1": 0,
    "mobilevit_xxs": 0,
    "mvitv2_tiny": 0,
    "naflexvit_base_patch16_parfac_gap": 0,
    "nasnetalarge": 0,
    "nest_tiny": 0,
    "nextvit_small": 0,
    "nf_ecaresnet26": 0,
    "pit_ti_224": 0,
    "pnasnet5large": 0,
    "poolformer_s12": 0,
    "pvt_v2_b0": 0,
    "qwen3_vit_88m": 0,
    "rdnet_tiny": 0,
    "regnetx_002": 0,
    "repghostnet_050": 0,
    "repvit_m1": 0,
    "res2next50": 0,
    "resnest14d": 0,
    "resnet10t": 0,
    "resnetv2_18": 0,
    "rexnet_100": 0,
    "sam2_hiera_tiny": 0,
    "samvit_base_patch16_224": 0,
    "selecsls42": 0,
    "sequencer2d_s": 0,
    "shvit_s1": 0,
    "skresnet18": 0,
    "starnet_s050": 0,
    "swiftformer_xs": 0,
    "swin_tiny_patch4_window7_224": 0,
    "swinv2_cr_tiny_224": 0,
    "swinv2_tiny_window8_256": 0,
    "test_mambaout": 160,
    "test_vit_relpos": 160,
    "tiny_vit_5m_224": 0,
    "tnt_s_legacy_patch16_224": 0,
    "tresnet_m": 0,
    "twins_svt_small": 0,
    "vgg11": 0,
    "visformer_tiny": 0,
    "vit_tiny_r_s16_p8_224": 0,
    "vitamin_small_224": 0,
    "volo_d1_224": 0,
    "xception41p": 0,
    "xcit_nano_12_p8_224": 0,
}
TIMM_ALWAYS = (
    *("test_mambaout", "test_vit_relpos", "starnet_s050", "mobilenetv3_small_050"),
    *("efficientvit_m0", "repghostnet_050"),
)


def check(spec: str, size: int) -> None:
    network = open_network(spec, options=NetworkOptions(weights="random", size=size or None))
    x = network.preprocessing(image(network.info.working_size) / 2 + 0.5)
    assert wrong_layers(network, x, alone_every=max(1, len(network.info.layers) // 8)) == []
    assert network.info.notices == ()
    for layer in network.info.layers:
        module = network.module.get_submodule(layer.path.split("#")[0])
        units = getattr(module, "out_channels", getattr(module, "out_features", layer.channels))
        if type(module) in (nn.Conv2d, nn.Linear):
            assert layer.channels == units, layer.path
    for layer in network.info.unreadable:
        assert layer.unreadable.endswith(".")
        assert layer.path not in network.read_points


@pytest.mark.parametrize("name", TORCHVISION if ALL else TORCHVISION_ALWAYS)
def test_torchvision(name: str) -> None:
    check(f"torchvision:{name}", TORCHVISION[name])


@pytest.mark.parametrize("name", TIMM if ALL else TIMM_ALWAYS)
def test_timm(name: str) -> None:
    pytest.importorskip("timm")
    check(f"timm:{name}", TIMM[name])


def test_the_list_covers_timm() -> None:
    assert len(TIMM) >= 60 and set(TIMM_ALWAYS) <= set(TIMM)
