"""The importer against the onnx package's own tests of single operators."""

from collections import Counter

import pytest

pytest.importorskip("onnx")

from tests.networks.onnx_table import cases, for_images, outcome

# Whose weights become the module's own
WITH_WEIGHTS = """
    BatchNormalization Clip Conv ConvTranspose Gemm InstanceNormalization LayerNormalization PRelu
    QLinearConv ReduceSum Unsqueeze
"""


def test_no_operator_of_image_networks_is_computed_wrongly():
    outcomes = [outcome(case) for case in cases() if for_images(case)]
    counts = Counter(o.verdict for o in outcomes)
    assert [o for o in outcomes if o.verdict == "wrong"] == []
    assert counts["right"] >= 0.95 * len(outcomes), counts
    for refused in (o for o in outcomes if o.verdict == "refused"):
        assert refused.op in refused.reason or "of the type 8" in refused.reason  # text


def test_weights_that_lie_in_the_file_change_nothing():
    chosen = [case for case in cases() if case.model.graph.node[0].op_type in WITH_WEIGHTS.split()]
    assert len(chosen) > 50
    assert [
        o for o in (outcome(case, weights=True) for case in chosen) if o.verdict == "wrong"
    ] == []
