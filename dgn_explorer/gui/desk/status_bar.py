"""The line at the bottom: network, generator, device and memory."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QStatusBar, QWidget

from dgn_explorer.gui.look.parts import label, set_role
from dgn_explorer.gui.look.plain import set_tip
from dgn_explorer.gui.look.theme import LARGE, MEDIUM
from dgn_explorer.gui.state.session import Session
from dgn_explorer.machine.memory import free_bytes
from dgn_explorer.networks.info import NetworkInfo
from dgn_explorer.priors.info import PriorInfo

_LOOK_MS = 5000
_LITTLE_BYTES = 500_000_000


class StatusBar(QStatusBar):
    """Where it is computed and with what."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.device = label("Loading PyTorch…", "caption")
        self.network = label("", "caption")
        self.prior = label("", "caption")
        self.memory = label("", "caption")
        set_tip(self.memory, "Memory that this machine still has for pictures and networks")
        looking = QTimer(self)
        looking.setInterval(_LOOK_MS)
        looking.timeout.connect(self._look)
        looking.start()
        self._look()
        facts = QWidget()
        row = QHBoxLayout(facts)
        row.setContentsMargins(MEDIUM, 2, MEDIUM, 2)
        row.setSpacing(LARGE)
        for part in (self.network, self.prior, self.device, self.memory):
            row.addWidget(part)
        self.addPermanentWidget(facts)
        session.device_known.connect(self._device_known)
        session.opened.connect(self._opened)

    def _look(self) -> None:
        free = free_bytes()
        self.memory.setText(f"Memory: {free / 1e9:.1f} GB free")
        set_role(self.memory, "role", "problem" if free < _LITTLE_BYTES else "caption")

    def _device_known(self, device: str) -> None:
        self.device.setText(f"Device: {device}")
        set_tip(self.device, "Where the ascent is computed")

    def _opened(self, network: NetworkInfo, prior: PriorInfo) -> None:
        self.network.setText(f"Network: {network.title}")
        set_tip(self.network, f"{network.name}, fingerprint {network.fingerprint[:12]}")
        self.prior.setText(f"Generator: {prior.name}, {prior.image_size} px")
        set_tip(
            self.prior,
            f"Prior {prior.architecture}, {prior.code_size:,} code entries, inverts "
            f"{prior.encoder.layer} of {prior.encoder.network}",
        )
