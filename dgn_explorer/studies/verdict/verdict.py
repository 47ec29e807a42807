"""Which classes a network sees in a picture."""

from collections.abc import Generator

import numpy as np

from dgn_explorer.studies.survey import Survey
from dgn_explorer.studies.verdict.about import VerdictParameters
from dgn_explorer.synthesis.bench import Bench
from dgn_explorer.synthesis.progress import Made, Progress
from dgn_explorer.synthesis.verdict import classes_of_images


def verdict(bench: Bench, survey: Survey) -> Generator[Progress[Made], None, Made]:
    """Rank the classes by probability, best first; no rows for a network without class names."""
    parameters, picture = survey.parameters, survey.input("picture")
    assert isinstance(parameters, VerdictParameters) and picture is not None
    yield Progress(0, 1)
    image = bench.photo(picture)[None]
    (found,) = classes_of_images(bench.network, image, bench.prior, parameters.count)
    return Made(
        {
            "class_index": np.array([index for index, _ in found], np.int32),
            "probability": np.array([share for _, share in found], np.float32),
        }
    )
