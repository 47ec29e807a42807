"""What the networks see in the picture on show: its own one, and every other that is open."""

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.look.parts import label
from dgn_explorer.gui.look.plain import network_text
from dgn_explorer.gui.look.theme import SMALL
from dgn_explorer.gui.look.top_classes import TopClasses
from dgn_explorer.gui.state.surveys import Verdict, Wish
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.results.record import Record
from dgn_explorer.synthesis.kinds import Top


class Verdicts(QWidget):
    """The best classes a network; those of other networks are asked of the engine.

    Of several images in one answer they are those of the one that is chosen.
    """

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme, self._selection = desk.session, desk.theme, desk.selection
        self._result: Record | None = None
        self._forming = ""  # the fingerprint of the network that sees what forms
        self._wish: Wish | None = None
        self.tops: dict[str, TopClasses] = {}  # by fingerprint, in the order of the sections
        self._titles: list[QLabel] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)
        desk.session.opened.connect(self._again)
        desk.selection.image_chosen.connect(self._again)

    @property
    def _image(self) -> int:
        """The number of the image that is meant."""
        result = self._result
        return min(self._selection.image, result.count - 1) if result is not None else 0

    def show_forming(self, network: NetworkInfo, top: Top) -> None:
        """Show what ``network`` sees in the image that forms."""
        if self._forming != network.fingerprint:
            self.show_result(None)
            self._forming = network.fingerprint
        if network.fingerprint not in self.tops:
            self._add(network.fingerprint, network.name, top, "NOW")
        else:
            self.tops[network.fingerprint].show_classes(_rows(network, top))

    def show_result(self, result: Record | None) -> None:
        """Show what is known of ``result``, and ask for the rest."""
        if result is self._result and not self._forming:
            return
        self._result, self._forming = result, ""
        self._clear()
        if result is not None and result.tops:
            where = f"IN IMAGE {self._image + 1}" if result.count > 1 else ""
            recipe, top = result.recipe, result.tops[self._image]
            self._add(recipe.network_fingerprint, recipe.network, top, where)
        self._ask()

    def _again(self) -> None:
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
            self._wish = self._session.surveys.verdicts(
                result.images[self._image], others, prior, self._answered
            )

    def _answered(self, found: Verdict) -> None:
        result = self._result
        several = result is not None and result.count > 1
        where = f"IN IMAGE {self._image + 1}" if several else ""
        self._add(found.network_fingerprint, "", found.top, where)

    def _add(self, fingerprint: str, name: str, top: Top, where: str) -> None:
        network = self._session.networks.get(fingerprint)
        title = network.title if network is not None else network_text(name)
        heading = label(f"{title.upper()} SEES {where}".strip(), "section", wrap=True)
        shown = TopClasses(self._theme)
        shown.setAccessibleName(f"Best classes of the image for {title}")
        shown.show_classes(_rows(network, top))
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


def _rows(network: NetworkInfo | None, top: Top) -> tuple[tuple[str, float], ...]:
    names = network.labels if network is not None else ()
    return tuple((names[i] if i < len(names) else f"class {i}", share) for i, share in top)
