"""Where to send what a layer lacks."""

from PySide6.QtWidgets import QLineEdit, QWidget

from dgn_explorer.gui.look.form_dialog import FormDialog
from dgn_explorer.gui.look.plain import plain


class ClusterDialog(FormDialog):
    """Accepted: send them to `scheduler`."""

    def __init__(
        self, layer: str, count: int, pair: tuple[str, str], scheduler: str, parent: QWidget
    ) -> None:
        """``pair`` are the names by which workers open network and generator."""
        units = "unit has" if count == 1 else "units have"
        super().__init__(
            "Compute a layer on a cluster",
            plain(
                f"{count:,} {units} no picture yet in {layer}. Workers of a Dask scheduler make"
                " them, and each appears here when it is made. Every worker has to be able to open"
                f" the network {pair[0]} and the generator {pair[1]} by these names.",
                600,
            ),
            "Send",
            parent,
        )
        self._field = QLineEdit(scheduler)
        self._field.setPlaceholderText("tcp://10.0.0.1:8786")
        self._field.textChanged.connect(self._check)
        self.add(
            "Scheduler",
            self._field,
            "The address that it printed when it started. Who can reach a scheduler can run"
            " anything on its workers: use one on a network that you trust.",
        )
        self.finish()
        self._check()

    @property
    def scheduler(self) -> str:
        """The address."""
        return self._field.text().strip()

    def _check(self) -> None:
        self.go.setEnabled(bool(self.scheduler))
