"""Prior files: one safetensors file with a JSON header; nothing in it can be executed.

Tensors: ``generator.*`` (batch-norm folded, float16) and ``code.{mean,scale,lower,upper}``
(float32). Header entry ``dgn-explorer``: JSON with ``format``, ``name``, ``architecture``,
``config``, ``encoder``, ``image`` (size, range, channels) and ``card``.
"""

import copy
import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from dgn_explorer.errors import DgnError
from dgn_explorer.priors.code_space import CodeSpace
from dgn_explorer.priors.compact import CompactConfig, CompactGenerator
from dgn_explorer.priors.info import EncoderInfo, PriorInfo
from dgn_explorer.priors.prior import Prior

FORMAT = 1
_HEADER = "dgn-explorer"
_SPACE = ("mean", "scale", "lower", "upper")
_AGAIN = "Train it again or take another copy; the built-in prior is called 'default'."


def save_prior(
    path: Path,
    *,
    name: str,
    generator: CompactGenerator,
    space: CodeSpace,
    encoder: EncoderInfo,
    card: dict[str, object],
) -> None:
    """Fold a copy of ``generator`` and write it to ``path`` in one step (temporary file, rename)."""
    folded = copy.deepcopy(generator).eval()
    folded.fold()
    tensors = {
        f"generator.{key}": value.detach().to("cpu", torch.float16).contiguous()
        for key, value in folded.state_dict().items()
    }
    tensors |= {f"code.{key}": getattr(space, key).cpu().contiguous() for key in _SPACE}
    header = {
        "format": FORMAT,
        "name": name,
        "architecture": "compact",
        "config": asdict(generator.config),
        "encoder": asdict(encoder),
        "image": {"size": generator.config.image_size, "range": [0, 1], "channels": "rgb"},
        "card": card,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    save_file(tensors, temporary, metadata={_HEADER: json.dumps(header)})
    temporary.replace(path)


def load_prior(path: Path, device: str | torch.device = "cpu") -> Prior:
    """Read and check a prior file.

    Raises `DgnError` if the file is missing, damaged, of a newer format or inconsistent.
    """
    header, tensors = _read(path)
    try:
        config = CompactConfig(**{**header["config"], "widths": tuple(header["config"]["widths"])})
        encoder = EncoderInfo(**header["encoder"])
        space = CodeSpace(*(tensors.pop(f"code.{key}").float() for key in _SPACE))
        generator = _build(config, tensors)
        shapes_agree = all(getattr(space, key).shape == (config.code_size,) for key in _SPACE)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise DgnError(f"{path} is not a complete prior: {error}.", _AGAIN) from None
    if not shapes_agree:
        raise DgnError(f"{path}: its code space does not have {config.code_size} entries.", _AGAIN)
    info = PriorInfo(
        name=str(header["name"]),
        fingerprint=_fingerprint(path),
        architecture=str(header["architecture"]),
        code_size=config.code_size,
        image_size=config.image_size,
        encoder=encoder,
        card=dict(header["card"]),
    )
    return Prior(info, generator, space).to(torch.device(device))


def _build(config: CompactConfig, tensors: dict[str, torch.Tensor]) -> nn.Module:
    with torch.device("meta"):  # no memory is taken for a size the file only claims to have
        generator = CompactGenerator(config)
        generator.fold()
    weights = {key.removeprefix("generator."): value.float() for key, value in tensors.items()}
    generator.load_state_dict(weights, assign=True)
    if not all(torch.isfinite(w).all() for w in weights.values()):
        raise ValueError("its weights are not all finite")
    generator.eval().requires_grad_(False)
    return generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _read(path: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    if not path.is_file():
        raise DgnError(
            f"There is no prior file {str(path)!r}.",
            "Give the path of a .safetensors file made by: dgn-explorer train",
        )
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[_HEADER])
            if header["format"] > FORMAT:
                raise DgnError(
                    f"{path} has prior format {header['format']}; this program reads {FORMAT}.",
                    "Update dgn-explorer to open it.",
                )
            return header, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise DgnError(f"{path} is not a prior of dgn-explorer ({error!r}).", _AGAIN) from None


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
