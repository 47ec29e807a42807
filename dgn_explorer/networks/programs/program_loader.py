"""Whole programs: TorchScript and ``torch.export`` files.

Nothing of a file runs here before its parts were checked one by one (`scripted`, `exported`) and
all of it ended in a confined process (`confined`); both get the archive that the check has made.
"""

import hashlib
from functools import partial
from pathlib import Path

from dgn_explorer.errors import DgnError
from dgn_explorer.networks.loaded import IMAGENET_PREPROCESSING, Loaded, Request
from dgn_explorer.networks.preparing import wrong_channels
from dgn_explorer.networks.preprocessing import channel_rows, for_channels
from dgn_explorer.networks.programs import exported, scripted
from dgn_explorer.networks.programs.confined import require_opens
from dgn_explorer.networks.programs.exported_graphs import TRAINED_NOTICE
from dgn_explorer.networks.programs.limits import Deadline
from dgn_explorer.networks.programs.loading import EXPORTED, SCRIPTED, open_program
from dgn_explorer.networks.weights.checkpoints import require_file

EXPORT_SUFFIX = ".pt2"
_DEFAULT_SIZE = 224
_ONE_CHANNEL = "to have 1 channels"  # in torch's words
_ADVICE = "It may be cut off, or made by another version of torch: export it again."


def load_exported(path: Path, request: Request) -> Loaded:
    """Load a ``.pt2`` file of ``torch.export.save``; its size is the one it was exported with."""
    require_file(path)
    deadline = Deadline.begin()
    data = _read(path)
    archive = exported.harmless(data, str(path)).getvalue()
    title = f"{path.stem} (torch.export)"
    digest = hashlib.sha256(data).hexdigest()
    return _loaded(path, request, EXPORTED, archive, (0, 0), title, digest, deadline)


def load_scripted(path: Path, request: Request) -> Loaded:
    """Load a TorchScript file; it does not say its size: 224 pixels unless given.

    Nor does it say its channels: unless they are given, three are tried, and one if that is what
    it asks for.
    """
    require_file(path)
    size = request.options.size or _DEFAULT_SIZE
    given = request.options.channels
    deadline = Deadline.begin()
    data = _read(path)
    archive = scripted.harmless(data, str(path)).getvalue()
    load = partial(_loaded, path, request, SCRIPTED, archive, title=f"{path.stem} (TorchScript)")
    digest = hashlib.sha256(data).hexdigest()
    try:
        return load(
            shape=(len(channel_rows(given or "rgb")), size), digest=digest, deadline=deadline
        )
    except DgnError as error:
        if given is not None or _ONE_CHANNEL not in error.message:
            raise
    return load(shape=(1, size), digest=digest, deadline=deadline)


def unreadable(source: str, error: Exception) -> DgnError:
    """What is said when torch could not open a program."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return DgnError(f"{source} cannot be opened ({lines[0][:200]}).", _ADVICE)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(str(path), error) from None


def _loaded(
    path: Path,
    request: Request,
    kind: str,
    archive: bytes,
    shape: tuple[int, int],
    title: str,
    digest: str,
    deadline: Deadline,
) -> Loaded:
    deadline = require_opens(kind, archive, *shape, source=str(path), deadline=deadline)
    try:
        program = open_program(kind, archive, *shape, tried=True, deadline=deadline)
    except DgnError:
        raise
    except Exception as error:  # its reader raises anything on a damaged file
        raise unreadable(str(path), error) from None
    preprocessing, given = IMAGENET_PREPROCESSING, request.options.channels
    if program.channels == 1 and given is None:
        preprocessing = for_channels(preprocessing, "grey")
    elif program.channels != len(channel_rows(given or "rgb")):
        raise wrong_channels(str(path), program.channels, given or "rgb")
    return Loaded(
        module=program.module,
        name=str(path),
        title=title,
        preprocessing=preprocessing,
        input_size=program.size,
        beside=path,
        structure=digest,
        batch_limit=None if program.batches else 1,
        notices=(TRAINED_NOTICE,) if program.trained else (),
        assumed=True,
    )
