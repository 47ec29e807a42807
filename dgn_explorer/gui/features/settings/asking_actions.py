"""Every question as a command: the chips for those who type."""

from functools import partial

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.studies.questions import About, questions

_LAST = 9  # group of the menu


def asking_actions(desk: Desk) -> tuple[Action, ...]:
    """One a chip; it goes to a page with the chip, if the one on show has none."""
    return tuple(
        Action(f"ask_{about.name}", "Run", _LAST, f"Ask: {about.asked.word}",
               f"Choose the question: {about.asked.sentence[0].lower()}"
               f"{about.asked.sentence[1:].rstrip('.')}",
               partial(_choose, desk, about), sub="Ask")
        for about in questions()
        if about.asked.of
    )  # fmt: skip


def _choose(desk: Desk, about: About) -> None:
    if desk.book.page.subject not in about.asked.of:
        page = next(page for page in PageName if page.subject in about.asked.of)
        desk.book.show_page(page, desk.book.first_view(page))
    desk.session.settings.use_method(about.name)
