"""Several units with weights in one picture."""

from PySide6.QtCore import QObject

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.panels import Area, Panel
from dgn_explorer.gui.features.combine.combination import MOST, Combination
from dgn_explorer.gui.features.combine.combine_panel import CombinePanel
from dgn_explorer.gui.state.display import Level
from dgn_explorer.synthesis.targets import weighted_text


def combine_feature(desk: Desk) -> Feature:
    """The panel *Combine*, and the menu of that name."""
    model = Combination(desk.session, desk.window)
    panel = CombinePanel(desk, model)
    combine = _Combine(desk, model, panel)
    return Feature(
        name="combine",
        actions=combine.actions(),
        follows=(desk.session.selected, desk.session.opened, model.changed, desk.notes.changed),
        panels=(Panel("Combine", panel, Area.RIGHT, 276),),
    )


class _Combine(QObject):
    def __init__(self, desk: Desk, model: Combination, panel: CombinePanel) -> None:
        super().__init__(desk.window)
        self._desk, self._session, self._notes = desk, desk.session, desk.notes
        self._model, self._panel = model, panel

    def actions(self) -> tuple[Action, ...]:
        """Making, keeping and forgetting a combination."""
        model = self._model

        def any_terms() -> bool:
            return bool(model.terms)

        return (
            Action("add_to_combination", "Combine", 0, "Add to combination",
                   "Add the selected units to the combination", self._add, keys="Ctrl+D",
                   icon="combine", enabled=lambda: self._session.unit is not None),
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
        self._desk.panels.show("Combine")
        if not self._model.add(units):
            text = f"It is in the combination already, or there are {MOST} units in it."
            self._desk.notify(text, Level.WARNING)

    def _keep(self) -> None:
        self._desk.panels.show("Combine")
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
        self._desk.panels.show("Combine")
        self._desk.notify("Open the combination that is to be forgotten first.", Level.WARNING)
