"""The one table of everything a user can do; menus, toolbar, palette and help are made from it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from dgn_explorer.gui.look.icons import icon
from dgn_explorer.gui.look.theme import Theme


@dataclass(frozen=True)
class Row:
    """One user action. ``group`` separates the entries of a menu."""

    id: str
    menu: str
    group: int
    text: str
    help: str
    shortcut: str = ""
    icon: str = ""
    icon_off: str = ""
    checkable: bool = False
    toolbar: bool = False


MENUS = ("File", "Edit", "Run", "Combine", "View", "Help")

ROWS: tuple[Row, ...] = (
    Row("open", "File", -1, "Open network…", "Open another network or prior", "Ctrl+O", "layers"),
    Row("open_photo", "File", -1, "Open photo…", "List the units that a photo excites most",
        "Ctrl+Shift+O", "photo"),
    Row("train", "File", -1, "Train a prior…", "Make a prior from your own photographs"),
    Row("train_watch", "File", -1, "Watch a training…", "Follow a training run in a folder"),
    Row("save_image", "File", 0, "Save image…", "Save the image on show as a PNG", "Ctrl+S", "save",
        toolbar=True),
    Row("copy_image", "File", 0, "Copy image", "Put the image on show on the clipboard", "Ctrl+C",
        "copy", toolbar=True),
    Row("film", "File", 0, "Film of the ascent…", "Watch and save the ascent as an animation",
        "Ctrl+E", "film"),
    Row("export_grid", "File", 0, "Export grid…",
        "Save the selected or all listed results as one PNG or PDF", "Ctrl+Shift+S", "grid"),
    Row("copy_address", "File", 1, "Copy unit address", "Copy layer:index of the selected unit",
        "Ctrl+Shift+C"),
    Row("copy_command", "File", 1, "Copy as command line",
        "Copy the command that makes the image on show", "Ctrl+Alt+C", "command"),
    Row("copy_python", "File", 1, "Copy as Python", "Copy Python code that makes the image on show",
        "Ctrl+Alt+P"),
    Row("close", "File", 2, "Close", "Close the window; what is done so far is kept", "Ctrl+Q"),
    Row("undo", "Edit", 0, "Undo", "Take back the last change of settings or deletion", "Ctrl+Z",
        "undo"),
    Row("redo", "Edit", 0, "Redo", "Do again what was taken back", "Ctrl+Shift+Z", "redo"),
    Row("find", "Edit", 1, "Find a unit", "Search class names, layers and layer:index", "Ctrl+F",
        "search"),
    Row("recall", "Edit", 1, "Use these settings",
        "Take over the settings of the result on show", "Ctrl+U", "recall"),
    Row("favourite", "Edit", 2, "Favourite", "Mark the selected unit as a favourite", "Ctrl+B",
        "star", checkable=True),
    Row("note", "Edit", 2, "Tags and note…", "Write tags and a note on the selected unit",
        "Ctrl+T"),
    Row("delete", "Edit", 3, "Delete result", "Put the result on show into the trash", "Del",
        "trash"),
    Row("visualise", "Run", 0, "Visualise", "Watch the image that the selected unit wants to see",
        "Ctrl+Return", "play", toolbar=True),
    Row("stop", "Run", 0, "Stop", "Stop the ascent and keep the image", "Esc", "stop",
        toolbar=True),
    Row("more_steps", "Run", 0, "More steps",
        "Go on from the image on show, with as small steps as its last", "Ctrl+M", "more",
        toolbar=True),
    Row("watch", "Run", 0, "Watch the running ascent", "Show the image that is forming", "Ctrl+J",
        "eye"),
    Row("new_seed", "Run", 1, "New seed", "Start from another random code", "Ctrl+R", "dice",
        toolbar=True),
    Row("lock_seed", "Run", 1, "Keep the seed", "Use the same seed for every run", "Ctrl+K", "lock",
        "unlock", checkable=True),
    Row("seeds", "Run", 1, "Several seeds…", "Make the selected unit's image from several seeds",
        "Ctrl+Shift+R"),
    Row("sweep", "Run", 1, "Sweep parameters…", "Make a sheet over any two parameters",
        "Ctrl+Shift+L", "sweep"),
    Row("photo_start", "Run", 1, "Start from the photo",
        "Begin every ascent with the code of the photo at the left"),
    Row("live_parameters", "Run", 1, "Apply to the running image",
        "Let the running image go on with changed parameters at once", checkable=True),
    Row("measure_step", "Run", 1, "Measure the step size",
        "Find the step size of this network with this prior by short ascents"),
    Row("compute_selection", "Run", 2, "Compute selected units",
        "Queue the units selected in the grid", "Ctrl+Shift+Return"),
    Row("compute_layer", "Run", 2, "Compute this layer", "Queue every unit of the layer", "Ctrl+L"),
    Row("pause_queue", "Run", 2, "Pause the queue",
        "Hold queued units; what you start yourself runs all the same", checkable=True),
    Row("clear_queue", "Run", 2, "Clear the queue", "Cancel the queued units, drop failed ones"),
    Row("resume_queue", "Run", 2, "Resume the unfinished queue",
        "Queue the units that a last session did not get to"),
    Row("add_to_combination", "Combine", 0, "Add to combination",
        "Add the selected units to the combination", "Ctrl+D", "combine"),
    Row("restart_combination", "Combine", 0, "Start over",
        "Make the combination's picture from a random code"),
    Row("clear_combination", "Combine", 0, "Clear the combination", "Take every unit out"),
    Row("keep_combination", "Combine", 1, "Keep the combination",
        "Keep units and weights under the name in the panel"),
    Row("forget_combination", "Combine", 1, "Forget the combination",
        "Remove the kept combination with the name in the panel"),
    Row("morph", "Combine", 2, "Morph two results…",
        "Watch and save the way between the two selected results", "Ctrl+Shift+M", "morph"),
    Row("train_stop", "Run", 3, "Stop the training", "Save the training run and end it"),
    Row("train_continue", "Run", 3, "Go on training", "Continue the run from its last checkpoint"),
    Row("train_load", "Run", 3, "Load the trained prior", "Draw with the prior of the run"),
    Row("picture", "View", -1, "Picture", "Show the picture in the middle", "F5", "eye"),
    Row("gallery", "View", -1, "Gallery", "Show all results in the middle", "Ctrl+G", "gallery",
        toolbar=True),
    Row("compare", "View", -1, "Compare",
        "Show two to four selected results side by side", "Ctrl+Shift+G", "compare"),
    Row("variations", "View", -1, "Variations", "Show the last sheet of seeds or parameters",
        "F6"),
    Row("training", "View", -1, "Training", "Show the training run", "F7"),
    Row("back", "View", 0, "Back", "Go to the unit before this one", "Alt+Left", "back"),
    Row("forward", "View", 0, "Forward", "Go to the next unit again", "Alt+Right", "forward"),
    Row("zoom_in", "View", 1, "Zoom in", "Enlarge the image", "Ctrl++"),
    Row("zoom_out", "View", 1, "Zoom out", "Reduce the image", "Ctrl+-"),
    Row("zoom_fit", "View", 1, "Fit", "Fit the image into the window", "Ctrl+0", "fit"),
    Row("zoom_actual", "View", 1, "Actual size", "One image pixel for one screen pixel", "Ctrl+1",
        "actual"),
    Row("pixels", "View", 1, "Show pixels", "Enlarge without smoothing", "Ctrl+P", "pixels",
        checkable=True),
    Row("thumbs_larger", "View", 2, "Larger thumbnails", "Enlarge the unit grid", "Ctrl+Alt++"),
    Row("thumbs_smaller", "View", 2, "Smaller thumbnails", "Reduce the unit grid", "Ctrl+Alt+-"),
    Row("sort_index", "View", 2, "Units by index", "Order the unit grid by index",
        checkable=True),
    Row("sort_activation", "View", 2, "Strongest units first",
        "Order the unit grid by the activation of their images", checkable=True),
    Row("sort_date", "View", 2, "Newest units first",
        "Order the unit grid by the date of their images", checkable=True),
    Row("sort_favourite", "View", 2, "Favourite units first",
        "Order the unit grid by favourites", checkable=True),
    Row("theme_system", "View", 3, "Theme of the system", "Light or dark as the system says",
        checkable=True),
    Row("theme_light", "View", 3, "Light theme", "Dark text on light ground", checkable=True),
    Row("theme_dark", "View", 3, "Dark theme", "Light text on dark ground", checkable=True),
    Row("reset_layout", "View", 4, "Reset layout", "Put every panel back to its place"),
    Row("palette", "Help", 0, "Command palette…", "Find and run any command", "Ctrl+Shift+P",
        "command"),
    Row("shortcuts", "Help", 0, "Keyboard shortcuts", "Show every shortcut", "?", "keyboard"),
    Row("about", "Help", 1, "About dgn-explorer", "Version, system and licences", "", "info"),
)  # fmt: skip


class ActionTable(QObject):
    """One `QAction` a row, enabled and run from one place."""

    def __init__(self, window: QWidget, theme: Theme) -> None:
        super().__init__(window)
        self._theme = theme
        self._actions: dict[str, QAction] = {}
        for row in ROWS:
            action = QAction(row.text, window)
            action.setObjectName(row.id)
            action.setCheckable(row.checkable)
            action.setShortcut(QKeySequence(row.shortcut))
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{row.help} ({keys})" if keys else row.help)
            action.setStatusTip(row.help)
            window.addAction(action)
            self._actions[row.id] = action
        theme.changed.connect(self._tint)
        self._tint()

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def bind(self, slots: dict[str, Callable[[], object]]) -> None:
        """Connect every action to what it does; a row that does nothing is refused."""
        if slots.keys() != self._actions.keys():
            raise ValueError(f"not one slot for each row: {slots.keys() ^ self._actions.keys()}")
        for id, slot in slots.items():
            # A lambda that drops `checked`, so that slots stay callable without arguments.
            self._actions[id].triggered.connect(lambda _checked=False, slot=slot: slot())

    def enable(self, **enabled: bool) -> None:
        """Enable or disable actions by id."""
        for id, on in enabled.items():
            self._actions[id].setEnabled(on)

    def _tint(self) -> None:
        colours = self._theme.colours
        for row in ROWS:
            if row.icon:
                pale, chosen = colours.control_border, colours.on_selected
                drawn = icon(row.icon, colours.text, pale, row.icon_off, chosen)
                self._actions[row.id].setIcon(drawn)
