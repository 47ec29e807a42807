"""The run under way: how far, how fast, its latest sample sheet and its curves."""

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from dgn_explorer.gui.desk.actions import ActionTable
from dgn_explorer.gui.features.training.training_run import Training, View
from dgn_explorer.gui.look.flow_layout import FlowLayout
from dgn_explorer.gui.look.parts import ElidedLabel, action_button, fill_scrolling, label
from dgn_explorer.gui.look.texts import time_text
from dgn_explorer.gui.look.theme import LARGE, MEDIUM, SMALL
from dgn_explorer.training.running.folder import DONE, FAILED, PREPARING, STOPPED, TRAINING

_EMPTY = "A generator of your own learns from your photographs, and draws in their style."
_STEPS_TO_IT = (
    ("1  Choose photographs", "A folder or zip with a few thousand of them: the more, the better."),
    ("2  Let it train", "For some hours, beside your work; you see what it draws meanwhile."),
    ("3  Draw with it", "Load it, and every picture is drawn in the manner of your photographs."),
)
_SAMPLES = "LATEST SAMPLES   real photographs · reconstructed · random codes"
_STEPS = 1000  # of the progress bar


class TrainingPanel(QWidget):
    """Follows a `Training`; its buttons are rows of the action table."""

    def __init__(self, training: Training, table: ActionTable) -> None:
        super().__init__()
        self._training = training
        self.title = label(_EMPTY, "title")
        self.title.setWordWrap(True)
        self.state = label("", "muted", wrap=True)
        self.folder = ElidedLabel("caption")
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the training")
        self.samples = _Picture("Latest samples")
        self.curves = _Picture("Loss curves")
        self._samples_title = label(_SAMPLES, "section")
        self._curves_title = label("LOSSES", "section")
        buttons = FlowLayout(SMALL)
        self._begin = [action_button(table[name]) for name in ("train", "train_watch")]
        self._begin[0].setProperty("role", "primary")
        names = ("train_stop", "train_continue", "train_load")
        self._run = [action_button(table[name]) for name in names]
        for button in (*self._begin, *self._run):
            buttons.addWidget(button)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.setSpacing(SMALL)
        column.addWidget(self.title)
        column.addWidget(self.bar)
        column.addWidget(self.state)
        column.addWidget(self.folder)
        self._how = QWidget()
        how = QVBoxLayout(self._how)
        how.setContentsMargins(0, SMALL, 0, MEDIUM)
        how.setSpacing(MEDIUM)
        for title, text in _STEPS_TO_IT:
            step = QVBoxLayout()
            step.setSpacing(2)
            step.addWidget(label(title, "strong"))
            step.addWidget(label(text, "muted", wrap=True))
            how.addLayout(step)
        column.addWidget(self._how)
        column.addLayout(buttons)
        column.addSpacing(MEDIUM)
        column.addWidget(self._samples_title)
        column.addWidget(self.samples)
        column.addSpacing(MEDIUM)
        column.addWidget(self._curves_title)
        column.addWidget(self.curves)
        column.addStretch()
        fill_scrolling(self, body)
        training.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        view = self._training.view
        for widget in (self.bar, self.state, self.folder, *self._run):
            widget.setVisible(view is not None)
        for widget in (*self._begin, self._how):
            widget.setVisible(view is None)
        self.samples.show_image(view.samples if view else None)
        self.curves.show_image(view.curves if view else None)
        self._samples_title.setVisible(self.samples.has_image)
        self._curves_title.setVisible(self.curves.has_image)
        if view is None:
            self.title.setText(_EMPTY)
            return
        title, text, share = _words(view)
        self.title.setText(title)
        self.state.setText(text)
        self.folder.setText(str(view.folder))
        self.bar.setValue(round(_STEPS * share))


class _Picture(QLabel):
    """An image as wide as there is room, never larger than it is."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._pixmap: QPixmap | None = None

    @property
    def has_image(self) -> bool:
        return self._pixmap is not None

    def show_image(self, image: np.ndarray | None) -> None:
        """Show (H, W, 3) uint8 or nothing."""
        if image is None:
            self._pixmap = None
        else:
            high, wide = image.shape[:2]
            kept = np.ascontiguousarray(image)
            made = QImage(kept.data, wide, high, 3 * wide, QImage.Format.Format_RGB888)
            self._pixmap = QPixmap.fromImage(made)
        self.setVisible(self._pixmap is not None)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture to the new width."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """As high as the fitted picture."""
        return QSize(0, self.pixmap().height())

    def _fit(self) -> None:
        if self._pixmap is None:
            self.setPixmap(QPixmap())
            return
        wide = max(1, min(self.width(), self._pixmap.width()))
        if self.pixmap().width() != wide or self.pixmap().cacheKey() != self._pixmap.cacheKey():
            smooth = Qt.TransformationMode.SmoothTransformation
            self.setPixmap(self._pixmap.scaledToWidth(wide, smooth))


def _words(view: View) -> tuple[str, str, float]:
    """Title, text and share done."""
    status = view.status
    if status is None:
        if view.problem:
            return "The training did not start", view.problem, 0.0
        return "Starting…", "The process loads the network and looks for the photographs.", 0.0
    numbers = (
        f"Step {status.step:,} · {status.share:.1%} · image loss {status.image_loss:.3f} · "
        f"feature loss {status.feature_loss:.3f}"
    )
    if status.state == PREPARING and view.under_way:
        share = status.done / status.total if status.total else 0.0
        return "Preparing", f"{status.what}: {status.done:,} of {status.total:,}", share
    if status.state == TRAINING and view.under_way:
        speed = f"{status.rate:.1f} images a second, {time_text(status.left_s)} left"
        return "Training", f"{numbers} · {speed}", status.share
    if status.state == DONE:
        return "Finished", f"{numbers}. Load the generator to draw with it.", 1.0
    if status.state == STOPPED:
        return "Stopped", f"{numbers}. Go on later from here, or load what there is.", status.share
    if status.state == FAILED:
        return "The training failed", status.message, status.share
    return (
        "The process has ended without a word",
        f"{numbers}. Go on from the last checkpoint.",
        status.share,
    )
