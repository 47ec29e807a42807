"""Saving the picture on show as a PNG with its recipe inside, and reading one back."""

from collections.abc import Callable
from pathlib import Path

from dgn_explorer.errors import DgnError
from dgn_explorer.export.png import file_name, read_recipe, save_png
from dgn_explorer.gui.bridge.flows import Flows
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.gui.state.session import Session
from dgn_explorer.results.result import Result


def suggested_name(result: Result) -> str:
    """A file name that says what the picture is."""
    unit = " + ".join(str(term.unit) for term in result.recipe.objective)
    return file_name(result.recipe.network, unit, result.label, result.recipe.seed)


async def save_picture(path: str, result: Result, flows: Flows, session: Session) -> None:
    """Write ``result`` to ``path`` and say so."""
    try:
        await flows.on_disk(save_png, Path(path), result.image, result.recipe)
    except DgnError as error:
        session.problem.emit(error.message, error.hint, "")
    else:
        session.notice.emit(Notice(f"Saved {Path(path).name}, with its recipe inside."))


async def recall_picture(
    path: str, flows: Flows, session: Session, photo: Callable[[str], None]
) -> None:
    """Take over the settings of a saved picture and show its unit's image.

    ``photo`` gets the path of a picture without a recipe.
    """
    try:
        recipe = await flows.on_disk(read_recipe, Path(path))
    except DgnError as error:
        session.problem.emit(error.message, error.hint, "")
        return
    if recipe is None:
        photo(path)
        return
    network = session.network
    if network is None or recipe.network_fingerprint != network.fingerprint:
        session.notice.emit(
            Notice(
                f"{Path(path).name} was made with another network ({recipe.network}). "
                f"Open that one to see the unit.",
                Level.WARNING,
            )
        )
        return
    session.settings.recall(recipe)
    session.run(recipe)
