"""Saving pictures as PNG files with their recipes inside, and reading one back."""

from collections.abc import Sequence
from pathlib import Path

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import free_path, read_recipe, save_png
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.drag_out import suggested_name
from dgn_explorer.gui.look.plain import network_text
from dgn_explorer.gui.state.display import Level
from dgn_explorer.results.record import Record


async def save_picture(path: str, result: Record, desk: Desk) -> None:
    """Write ``result`` to ``path`` and say so."""
    try:
        await desk.flows.on_disk(save_png, Path(path), result.picture, result.recipe)
    except DgnError as error:
        desk.session.problem.emit(error.message, error.hint, "")
    else:
        desk.notify(f"Saved {Path(path).name}, with its recipe inside.")


async def save_pictures(folder: str, keys: Sequence[str], desk: Desk) -> None:
    """Write stored results into ``folder``, under names that say what they are, and say so."""
    library, saved = desk.session.library, 0

    def save(key: str) -> int:
        result = library.read(key)
        if result is None:
            return 0
        path = free_path(Path(folder) / suggested_name(result), result.recipe)
        save_png(path, result.picture, result.recipe)
        return 1

    try:
        for key in keys:
            saved += await desk.flows.on_disk(save, key)
    except DgnError as error:
        desk.session.problem.emit(error.message, error.hint, f"{saved} of {len(keys)} were saved.")
    else:
        gone = f"; {len(keys) - saved} are no longer on the disk" if saved < len(keys) else ""
        desk.notify(f"Saved {saved:,} pictures in {Path(folder).name}{gone}.")


async def recall_picture(path: str, desk: Desk) -> None:
    """Take over the settings of a saved picture and show its unit's image.

    A picture without a recipe is opened as a photograph.
    """
    session = desk.session
    try:
        recipe = await desk.flows.on_disk(read_recipe, Path(path))
    except DgnError as error:
        session.problem.emit(error.message, error.hint, "")
        return
    if recipe is None:
        desk.photo.open(path)
        return
    network = session.network
    if network is None or recipe.network_fingerprint != network.fingerprint:
        desk.notify(
            f"{Path(path).name} was made with another network ({network_text(recipe.network)}). "
            f"Open that one to see the unit.",
            Level.WARNING,
        )
        return
    session.settings.recall(recipe)
    session.run(recipe)
