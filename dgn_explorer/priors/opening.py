"""`open_prior`: from a name or a path to a `Prior`."""

import difflib
from importlib import resources
from pathlib import Path

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.paths import data_folder
from dgn_explorer.priors.files import load_prior
from dgn_explorer.priors.prior import Prior

DEFAULT_PRIOR = "default"
SUFFIX = ".safetensors"


def priors_folder() -> Path:
    """Where the user's own priors are kept, one file each."""
    return data_folder() / "priors"


def prior_names() -> tuple[str, ...]:
    """The built-in prior, then the user's own."""
    return (DEFAULT_PRIOR, *sorted(p.stem for p in priors_folder().glob(f"*{SUFFIX}")))


def open_prior(spec: str, device: str | torch.device = "cpu") -> Prior:
    """Open a prior by name or by the path of its file.

    Raises `DgnError` if there is none, or if it cannot be read.
    """
    if spec == DEFAULT_PRIOR:
        built_in = resources.files("dgn_explorer.resources").joinpath(f"default-prior{SUFFIX}")
        with resources.as_file(built_in) as path:
            return load_prior(path, device)
    if spec.endswith(SUFFIX) or "/" in spec or "\\" in spec:
        return load_prior(Path(spec).expanduser(), device)
    path = priors_folder() / f"{spec}{SUFFIX}"
    if not path.is_file():
        near = difflib.get_close_matches(spec, prior_names(), n=1)
        instead = f"Did you mean {near[0]}? " if near else ""
        raise DgnError(
            f"There is no prior called {spec!r}.",
            f"{instead}Give a name ({', '.join(prior_names())}) or the path of a {SUFFIX} file.",
        )
    return load_prior(path, device)
