"""`open_prior`: from a name or a path to a `Prior`."""

import difflib
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources
from pathlib import Path

import torch

from dgn_explorer.errors import DgnError
from dgn_explorer.paths import data_folder, user_path
from dgn_explorer.priors.files import load_prior
from dgn_explorer.priors.info import FITS
from dgn_explorer.priors.prior import Prior

DEFAULT_PRIOR = "default"
SUFFIX = ".safetensors"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def priors_folder() -> Path:
    """Where the user's own priors are kept, one file each."""
    return data_folder() / "priors"


def prior_names() -> tuple[str, ...]:
    """The built-in prior, then the user's own."""
    return (DEFAULT_PRIOR, *sorted(p.stem for p in priors_folder().glob(f"*{SUFFIX}")))


def open_prior(spec: str, device: str | torch.device = "cpu") -> Prior:
    """Open a prior by name or by the path of its file.

    ``--fit crop`` or ``--fit resize`` may stand behind it, in place of the prior's own fit. Raises
    `DgnError` if there is none, or if it cannot be read.
    """
    spec, found, fit = spec.strip().partition(" --fit ")
    prior = _open(spec.strip(), device)
    return _fitted(prior, fit.strip()) if found else prior


@contextmanager
def prior_path(name: str) -> Iterator[Path]:
    """The file of the built-in prior or of one of the user's own, for as long as it is needed."""
    if name == DEFAULT_PRIOR:
        built_in = resources.files("dgn_explorer.resources").joinpath(f"default-prior{SUFFIX}")
        with resources.as_file(built_in) as path:
            yield path
    else:
        yield priors_folder() / f"{name}{SUFFIX}"


def own_path(name: str) -> Path:
    """Where the user's own prior called ``name`` is kept; raises `DgnError` if it is no name."""
    if not _NAME.fullmatch(name) or name == DEFAULT_PRIOR:
        raise DgnError(
            f"{name!r} cannot be the name of a prior of your own.",
            "Use letters, digits, dots, - and _, such as fc6.",
        )
    return priors_folder() / f"{name}{SUFFIX}"


def _fitted(prior: Prior, fit: str) -> Prior:
    if fit not in FITS:
        raise DgnError(f"{fit!r} is no way to fit an image.", f"Choose {' or '.join(FITS)}.")
    if fit == prior.info.fit:
        return prior
    # Another fit makes other images, so it must count as another prior
    digest = hashlib.sha256(f"{prior.info.fingerprint} {fit}".encode()).hexdigest()
    info = replace(prior.info, name=f"{prior.info.name} --fit {fit}", fingerprint=digest, fit=fit)
    return replace(prior, info=info)


def _open(spec: str, device: str | torch.device) -> Prior:
    if spec == DEFAULT_PRIOR:
        with prior_path(spec) as path:
            return load_prior(path, device)
    if spec.endswith(SUFFIX) or "/" in spec or "\\" in spec:
        return load_prior(user_path(spec), device)
    path = priors_folder() / f"{spec}{SUFFIX}"
    if not path.is_file():
        near = difflib.get_close_matches(spec, prior_names(), n=1)
        instead = f"Did you mean {near[0]}? " if near else ""
        raise DgnError(
            f"There is no prior called {spec!r}.",
            f"{instead}Give a name ({', '.join(prior_names())}) or the path of a {SUFFIX} file.",
        )
    return load_prior(path, device)
