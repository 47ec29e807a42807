"""What dissecting a layer costs: processor seconds for 1,000 pictures, and memory."""

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from dgn_explorer.machine.memory import keep_memory
from dgn_explorer.networks.opening import open_network
from dgn_explorer.results.store import Store
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.inputs import Input
from dgn_explorer.synthesis.making import computing, finish
from tests.concepts import picture, simple_files, write

PICTURES, SIDE = 160, 224
LAYERS = ("blocks.13", "blocks.14", "blocks.15")


def measure() -> dict[str, float]:
    """One layer alone, and three in one pass; the threads are torch's own."""
    keep_memory(torch.device("cpu"))
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store")
        kept = store.concepts.put(write(Path(folder) / "set", _files()))
        network = open_network("lite0", torch.device("cpu"))
        bench = Bench(
            network,
            None,
            store.inputs.get,
            store.code,
            lambda: None,
            concept_sets=store.concepts,
        )
        for name, layers in (("one_layer", LAYERS[-1:]), ("of_three_layers", LAYERS)):
            survey = Survey(
                network.info.name,
                network.info.fingerprint,
                "dissect",
                layers=layers,
                inputs=(Input("concepts", kept.sha256),),
            )
            began = time.process_time()
            finish(computing((survey,), bench))
            each = (time.process_time() - began) / len(layers)
            figures[f"dissect_cpu_s_per_1000_{name}"] = 1000 * each / PICTURES
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures["dissect_peak_mb"] = peak_kb / 1024
    return figures


def _files() -> dict[str, bytes]:
    """Pictures with blocks of colour, so that they are packed and unpacked as photographs are."""
    random = np.random.default_rng(0)
    pictures, masks = {}, {}
    for number in range(PICTURES):
        blocks = picture(number, 14, 14)
        pictures[f"p{number}"] = np.kron(blocks, np.ones((SIDE // 14, SIDE // 14, 1), np.uint8))
        names = random.integers(0, 30, (7, 7)).astype(np.uint8)
        masks[f"p{number}"] = np.kron(names, np.ones((SIDE // 7, SIDE // 7), np.uint8))
    concepts = [(index, f"concept {index}", "block") for index in range(1, 30)]
    return simple_files(pictures, masks, concepts)
