"""Prior files: one safetensors file with a JSON header; nothing in it can be executed.

Tensors: ``generator.*`` (batch-norm folded, float16; float32 for imported ones) and
``code.{mean,scale,lower,upper}`` (float32). Header entry ``dgn-explorer``: JSON with ``format``,
``name``, ``architecture``, ``config``, ``encoder``, ``image`` (size, range, channels, fit) and
``card``.
"""

import copy
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from dgn_explorer.disk import write_file
from dgn_explorer.errors import DgnError
from dgn_explorer.priors.architectures.building import Generator, build_generator
from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.priors.info import FITS, RESIZE, EncoderInfo, PriorInfo
from dgn_explorer.priors.prior import Prior

FORMAT = 1
MOST_BYTES = 2 << 30  # of a file; the published generators take 0.2 GB
_HEADER = "dgn-explorer"
_SPACE = ("mean", "scale", "lower", "upper")
_AGAIN = "Train it again or take another copy; the built-in prior is called 'default'."


def save_prior(
    path: Path,
    *,
    name: str,
    generator: Generator,
    space: CodeSpace,
    encoder: EncoderInfo,
    card: dict[str, object],
    fit: str = RESIZE,
    exact: bool = False,
) -> None:
    """Fold a copy of ``generator`` and write it to ``path`` in one step (temporary file, rename).

    Weights are stored as float16, unless ``exact`` asks that none of them changes. Raises
    `DgnError` if the file cannot be written; an older file at ``path`` then stays as it was.
    """
    folded = copy.deepcopy(generator).eval()
    folded.fold()
    tensors = {
        f"generator.{key}": _stored(value.detach().cpu(), exact).contiguous()
        for key, value in folded.state_dict().items()
    }
    tensors |= {f"code.{key}": getattr(space, key).cpu().contiguous() for key in _SPACE}
    header = {
        "format": FORMAT,
        "name": name,
        "architecture": generator.architecture,
        "config": asdict(generator.config),
        "encoder": asdict(encoder),
        "image": {"size": generator.config.image_size, "range": [0, 1], "channels": "rgb"}
        | {"fit": fit},
        "card": card,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # written here, because safetensors would make a file that only its owner may read
        write_file(path, save(tensors, metadata={_HEADER: json.dumps(header)}))
    except (OSError, SafetensorError) as error:
        raise DgnError(
            f"{path} cannot be written ({error}).",
            "Make room on the disk or choose another folder.",
        ) from error


def load_prior(path: Path, device: str | torch.device = "cpu") -> Prior:
    """Read and check a prior file.

    Raises `DgnError` if the file is missing, damaged, of a newer format or inconsistent.
    """
    header, tensors = _read(path)
    try:
        generator = _build(header["architecture"], header["config"], tensors)
        space = _space(tensors, generator.config.code_size)
        info = PriorInfo(
            name=str(header["name"]),
            fingerprint=_fingerprint(path),
            architecture=generator.architecture,
            code_size=generator.config.code_size,
            image_size=generator.config.image_size,
            encoder=_encoder_info(header["encoder"]),
            card=dict(header["card"]),
            fit=_fit(header),
        )
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise DgnError(f"{path} is not a complete prior: {error}.", _AGAIN) from None
    return Prior(info, generator, space).to(torch.device(device))


def replace_space(path: Path, space: CodeSpace, card: dict[str, object]) -> None:
    """Give the prior file at ``path`` another code space, and add ``card`` to its own card."""
    prior = load_prior(path)
    save_prior(
        path,
        name=prior.info.name,
        generator=prior.generator,  # type: ignore[arg-type]
        space=space,
        encoder=prior.info.encoder,
        card={**prior.info.card, **card},
        fit=prior.info.fit,
        exact=True,
    )


def read_header(path: Path) -> dict[str, Any]:
    """The header of a prior file, unchecked but for its format; no weights are read."""
    return _read(path, tensors=False)[0]


def _fit(header: dict[str, Any]) -> str:
    fit = header.get("image", {}).get("fit", RESIZE)  # files from before there was a choice
    if fit not in FITS:
        raise ValueError(f"its image is fitted by {fit!r}")
    return str(fit)


def _stored(weight: torch.Tensor, exact: bool) -> torch.Tensor:
    """As float16, or as it is where that would overflow or, if ``exact``, round."""
    if weight.abs().amax() >= torch.finfo(torch.float16).max:
        return weight
    half = weight.half()
    return weight if exact and not torch.equal(half.to(weight.dtype), weight) else half


def _build(
    architecture: str, config: dict[str, Any], tensors: dict[str, torch.Tensor]
) -> Generator:
    with torch.device("meta"):  # no memory is taken for a size the file only claims to have
        generator = build_generator(architecture, config)
        generator.fold()
    weights = {
        key.removeprefix("generator."): value.float()
        for key, value in tensors.items()
        if key.startswith("generator.") and value.is_floating_point()
    }
    generator.load_state_dict(weights, assign=True)
    if not all(torch.isfinite(w).all() for w in weights.values()):
        raise ValueError("its weights are not all finite")
    generator.eval().requires_grad_(False)
    generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return generator


def _space(tensors: dict[str, torch.Tensor], size: int) -> CodeSpace:
    parts = [tensors[f"code.{key}"] for key in _SPACE]
    if any(part.shape != (size,) or not part.is_floating_point() for part in parts):
        raise ValueError(f"its code space does not have {size} entries")
    space = CodeSpace(*(part.float() for part in parts))
    finite = all(torch.isfinite(part).all() for part in parts)
    if not finite or (space.scale < 0).any() or (space.lower > space.upper).any():
        raise ValueError("the bounds of its code space make no sense")
    return space


def _encoder_info(entry: dict[str, Any]) -> EncoderInfo:
    info = EncoderInfo(**entry)
    texts = (info.network, info.fingerprint, info.layer, info.kind)
    if not all(isinstance(text, str) for text in texts) or type(info.input_size) is not int:
        raise ValueError("its encoder is not described")
    return info


def _read(path: Path, tensors: bool = True) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    if not path.is_file():
        raise DgnError(
            f"There is no prior file {str(path)!r}.",
            "Give the path of a .safetensors file made by: dgn-explorer train",
        )
    if path.stat().st_size > MOST_BYTES:
        raise DgnError(
            f"{path} has {path.stat().st_size / 1e9:.1f} GB, too many for a prior.", _AGAIN
        )
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[_HEADER])
            if header["format"] > FORMAT:
                raise DgnError(
                    f"{path} has prior format {header['format']}; this program reads {FORMAT}.",
                    "Update dgn-explorer to open it.",
                )
            keys = file.keys() if tensors else ()
            return header, {key: file.get_tensor(key) for key in keys}
    except (SafetensorError, KeyError, TypeError, ValueError, OSError, RecursionError) as error:
        raise DgnError(f"{path} is not a prior of dgn-explorer ({error!r}).", _AGAIN) from None


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
