"""What the networks see in the picture on show: its own one, and every other that is open."""

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import network_text
from dgn_explorer.gui.look.theme import SMALL, Theme
from dgn_explorer.gui.look.top_classes import TopClasses
from dgn_explorer.gui.state.session import Session
from dgn_explorer.gui.state.surveys import Verdict, Wish
from dgn_explorer.results.record import Record

Top = tuple[tuple[int, float], ...]


class Verdicts(QWidget):
    """The best classes a network; those of other networks are asked of the engine."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self._result: Record | None = None
        self._wish: Wish | None = None
        self.tops: dict[str, TopClasses] = {}  # by fingerprint, in the order of the sections
        self._titles: list[QLabel] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)
        session.opened.connect(self._opened)

    def show_result(self, result: Record | None) -> None:
        """Show what is known of ``result``, and ask for the rest."""
        if result is self._result:
            return
        self._result = result
        self._clear()
        if result is not None and result.top:
            self._add(result.recipe.network_fingerprint, result.recipe.network, result.top)
        self._ask()

    def _opened(self) -> None:
        result, self._result = self._result, None
        self.show_result(result)

    def _ask(self) -> None:
        if self._wish is not None:
            self._wish.drop()
            self._wish = None
        result = self._result
        if result is None:
            return
        others = [
            network
            for fingerprint, network in self._session.networks.items()
            if network.labels
            and fingerprint not in self.tops
            and fingerprint != result.recipe.network_fingerprint
        ]
        if others:
            prior = result.recipe.prior_fingerprint
            self._wish = self._session.surveys.verdicts(result.image, others, prior, self._answered)

    def _answered(self, found: Verdict) -> None:
        self._add(found.network_fingerprint, "", found.top)

    def _add(self, fingerprint: str, name: str, top: Top) -> None:
        network = self._session.networks.get(fingerprint)
        title = network.title if network is not None else network_text(name)
        names = network.labels if network is not None else ()
        several = self._result is not None and self._result.count > 1
        where = " IN IMAGE 1" if several else ""
        heading = label(f"{title.upper()} SEES{where}", "section", wrap=True)
        shown = TopClasses(self._theme)
        shown.setAccessibleName(f"Best classes of the image for {title}")
        shown.show_classes(tuple((names[i] if i < len(names) else f"class {i}", p) for i, p in top))
        self.tops[fingerprint] = shown
        self._titles.append(heading)
        self._column.addWidget(heading)
        self._column.addWidget(shown)

    def _clear(self) -> None:
        for part in (*self._titles, *self.tops.values()):
            self._column.removeWidget(part)
            part.deleteLater()
        self._titles.clear()
        self.tops.clear()
