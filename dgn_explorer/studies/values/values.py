"""What every unit of some layers makes of a photograph: a row of a photo set, of one photograph."""

from collections.abc import Generator

import numpy as np

from dgn_explorer.errors import DgnError
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.photographs.measuring import LayerReader, square_of
from dgn_explorer.synthesis.progress import Made, Progress


def values(bench: Bench, survey: Survey) -> Generator[Progress[Made], None, Made]:
    """The value of every unit of ``survey.layers`` as `measure` reads it, so that both compare."""
    photo, info = survey.input("photo"), bench.network.info
    assert photo is not None
    layers = [info.layer(path).path for path in survey.layers]
    if not layers:
        raise DgnError("The values are those of a layer.", "Name it, such as --layer blocks.4.")
    yield Progress(0, 1)
    data = bench.read_input(photo.sha256)
    square = square_of(data, photo.name or photo.role, info.working_size)
    found = LayerReader(bench.network, layers)(square[None])
    columns = [found[layer][0][:, 0] for layer in layers]
    return Made(
        {
            "layer": tuple(
                layer for layer, column in zip(layers, columns, strict=True) for _ in column
            ),
            "unit": np.concatenate([np.arange(len(column), dtype=np.int32) for column in columns]),
            "activation": np.concatenate(columns),
        }
    )
