"""Several units with weights in one picture."""

import json
from contextlib import suppress

from PySide6.QtCore import QObject

from dgn_explorer.errors import DgnError
from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.book import PageTopic
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.inspector import Section
from dgn_explorer.gui.features.combine.combine_panel import CombinePanel
from dgn_explorer.gui.features.combine.sentence_dialog import SentenceDialog
from dgn_explorer.gui.state.answering.combination import Combination
from dgn_explorer.gui.state.asking import Asked
from dgn_explorer.gui.state.display import Level
from dgn_explorer.gui.state.topics import OfUnits, PageName, Topic, page_of
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.synthesis.sentence import find_units, not_found, target_of
from dgn_explorer.synthesis.targets import Term, weighted_text

_SECTION = "Combination"
_KEPT, _KEPT_NETWORK = "combination", "combination_network"  # the preferences


def combine_feature(desk: Desk) -> Feature:
    """What the page *Mix* is about, its section of the inspector, and the menu *Combine*."""
    model = Combination(desk.session, desk.window)
    panel = CombinePanel(desk, model)
    combine = _Combine(desk, model, panel)
    return Feature(
        name="combine",
        actions=combine.actions(),
        follows=(
            desk.session.selected,
            desk.session.opened,
            model.changed,
            desk.notes.changed,
            desk.book.page_changed,
        ),
        topics=(
            PageTopic(
                PageName.MIX,
                combine.topic,
                (model.changed, desk.session.display_changed, desk.session.library.changed),
            ),
        ),
        sections=(Section(_SECTION, panel, (PageName.MIX,), 10),),
        remember=combine.remember,
    )


class _Combine(QObject):
    def __init__(self, desk: Desk, model: Combination, panel: CombinePanel) -> None:
        super().__init__(desk.window)
        self._desk, self._session, self._notes = desk, desk.session, desk.notes
        self._model, self._panel = model, panel
        desk.book.page_changed.connect(self._turned)
        desk.session.opened.connect(self._opened)
        model.refused.connect(lambda why: desk.notify(why, Level.WARNING))

    def topic(self) -> Topic:
        """The combination, with its picture if that is on show."""
        session, terms, network = self._session, self._model.terms, self._session.network
        if network is None or not self._model.parts:
            return Topic("No units yet", "Drag units from the left to here, or press Ctrl+D on one")
        name = weighted_text(terms, [network.label(term.unit) for term in terms])
        display = session.display
        mine = display.order is not None and page_of(display.order) is PageName.MIX
        result = display.result if mine and display.job is None else None
        return Topic(
            name or "All weights are 0",
            f"{len(self._model.parts)} units",
            display.badge if mine else "",
            (result.key,) if result is not None else (),
            display.order if mine else None,
            Asked(terms) if len(terms) > 1 else None,
            OfUnits(network.fingerprint, frozenset(term.unit for term in terms)),
        )

    def remember(self) -> None:
        """Put the combination into the preferences."""
        terms = [term.to_dict() for term in self._model.terms]
        self._desk.preferences.put(_KEPT, json.dumps(terms))
        self._desk.preferences.put(_KEPT_NETWORK, self._notes.fingerprint)

    def _opened(self, network: NetworkInfo) -> None:
        """Take up the combination of the last session, without making it again."""
        keep = self._desk.preferences
        if keep.get(_KEPT_NETWORK, "") != network.fingerprint:
            return
        with suppress(DgnError, ValueError, KeyError, TypeError):  # it may be edited by hand
            kept = json.loads(keep.get(_KEPT, "[]"))
            terms = tuple(Term.from_dict(one) for one in kept)
            for term in terms:
                network.resolve(str(term.unit))
            self._model.take_up(terms)

    def _turned(self) -> None:
        """On this page the combination's picture is on show, and no other."""
        if self._desk.book.page is PageName.MIX:
            self._model.look()

    def actions(self) -> tuple[Action, ...]:
        """Making, keeping and forgetting a combination."""
        model = self._model

        def any_terms() -> bool:
            return bool(model.terms)

        return (
            Action("add_to_combination", "Combine", 0, "Add to combination",
                   "Add the selected units to the combination", self._add, keys="Ctrl+D",
                   icon="plus", toolbar=21, pages=frozenset({PageName.UNIT, PageName.LAYER}),
                   context=True, enabled=lambda: self._session.unit is not None),
            Action("sentence", "Combine", 0, "Units of a sentence…",
                   "Combine the classes that a sentence names, weighted by likeness",
                   self._ask_sentence, enabled=lambda: self._session.network is not None),
            Action("restart_combination", "Combine", 0, "Start over",
                   "Make the combination's picture from a random code", model.start_over,
                   enabled=any_terms),
            Action("clear_combination", "Combine", 0, "Clear the combination",
                   "Take every unit out",
                   lambda: model.replace_all((), "Clearing of combination"),
                   enabled=lambda: bool(model.parts)),
            Action("keep_combination", "Combine", 1, "Keep the combination",
                   "Keep units and weights under the name in the panel", self._keep,
                   enabled=any_terms),
            Action("forget_combination", "Combine", 1, "Forget the combination",
                   "Remove the kept combination with the name in the panel", self._forget,
                   enabled=lambda: bool(self._notes.book.combinations)),
        )  # fmt: skip

    def _add(self) -> None:
        units = list(self._desk.selection.units)
        current = self._session.unit
        if current is not None and current not in units:
            units = [current]
        self._show_page()
        self._model.add(units)

    def _ask_sentence(self) -> None:
        dialog = SentenceDialog(self._desk.window)
        dialog.accepted.connect(lambda: self._desk.flows.start(self._find(dialog.text.text())))
        dialog.open()

    async def _find(self, sentence: str) -> None:
        """Put the classes that ``sentence`` names in the place of the combination."""
        network = self._session.network
        if network is None:
            return
        try:
            found = await self._desk.flows.on_disk(find_units, network, sentence)
        except DgnError as error:
            self._session.problem.emit(error.message, error.hint, "")
            return
        if self._session.network is not network:  # another was opened meanwhile
            return
        self._show_page()
        self._model.replace_all(target_of(found).terms, "Units of a sentence")
        missing = not_found(sentence, found)
        if missing:
            parts = ", ".join(repr(part) for part in missing)
            self._desk.notify(f"No class is like {parts}.", Level.WARNING)

    def _show_page(self) -> None:
        self._desk.book.show_page(PageName.MIX, self._desk.book.first_view(PageName.MIX))
        self._desk.show_section(_SECTION)

    def _keep(self) -> None:
        self._show_page()
        name = self._panel.name.text().strip()
        network = self._session.network
        if not name and network is not None:
            terms = self._model.terms
            name = weighted_text(terms, [network.label(term.unit) for term in terms])
            self._panel.name.setText(name)
        self._notes.keep_combination(name, self._model.terms)
        self._desk.notify(f"Kept as {name}.")

    def _forget(self) -> None:
        name = self._panel.name.text().strip()
        if name in self._notes.book.combinations:
            self._notes.keep_combination(name, ())
            return
        self._show_page()
        self._desk.notify("Open the combination that is to be forgotten first.", Level.WARNING)
