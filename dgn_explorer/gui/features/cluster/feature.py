"""What a layer lacks is made by the workers of a Dask scheduler, and fills in as it comes."""

from PySide6.QtCore import QObject

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.cluster.cluster_dialog import ClusterDialog
from dgn_explorer.gui.state.answering.cluster_run import ClusterRun
from dgn_explorer.gui.state.topics import OfLayer, PageName
from dgn_explorer.networks.address import UnitAddress

_SCHEDULER = "scheduler"  # a preference


def cluster_feature(desk: Desk) -> Feature:
    """Two actions; how far it is stands among the jobs."""
    cluster = _Cluster(desk)
    return Feature(
        name="cluster",
        actions=cluster.actions(),
        follows=(cluster.run.changed, desk.book.page_changed, desk.session.opened),
        close=cluster.run.close,
    )


class _Cluster(QObject):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self.run = ClusterRun(
            desk.session, lambda: desk.book.show_page(PageName.LAYER), desk.window
        )

    def actions(self) -> tuple[Action, ...]:
        """Sending and stopping."""
        run = self.run
        return (
            Action("cluster_layer", "Run", 2, "Compute this layer on a cluster…",
                   "Let the workers of a Dask scheduler make the pictures that the layer lacks",
                   self._ask, context=True, pages=frozenset({PageName.LAYER}), place=1,
                   enabled=lambda: self._layer() is not None and not run.under_way),
            Action("cluster_stop", "Run", 2, "Stop the cluster",
                   "Take back what the cluster has not made; what has come back stays",
                   run.stop, place=1, enabled=lambda: run.under_way),
        )  # fmt: skip

    def _layer(self) -> OfLayer | None:
        owns = self._desk.book.topic.owns
        return owns if isinstance(owns, OfLayer) else None

    def _missing(self, layer: OfLayer) -> list[UnitAddress]:
        session = self._desk.session
        assert session.network is not None  # or it had no layer
        channels = session.network.layer(layer.layer).channels
        units = (UnitAddress(layer.layer, index) for index in range(channels))
        return [one for one in units if session.library.newest(layer.fingerprint, one) is None]

    def _ask(self) -> None:
        layer, desk = self._layer(), self._desk
        if layer is None or not desk.session.may_change():
            return
        units = self._missing(layer)
        if not units:
            desk.notify(f"Every unit of {layer.layer} has a picture.")
            return
        before = desk.preferences.get(_SCHEDULER, "")
        dialog = ClusterDialog(layer.layer, len(units), desk.session.pair, before, desk.window)

        def send() -> None:
            desk.preferences.put(_SCHEDULER, dialog.scheduler)
            self.run.start(units, dialog.scheduler)

        dialog.accepted.connect(send)
        dialog.open()
