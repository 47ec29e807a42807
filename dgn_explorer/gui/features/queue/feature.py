"""What waits behind the picture: holding, clearing and resuming it."""

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.desk.panels import Area, Panel
from dgn_explorer.gui.features.queue.queue_panel import QueuePanel
from dgn_explorer.gui.state.unfinished import Unfinished


def queue_feature(desk: Desk) -> Feature:
    """The panel *Queue*, and what a last session left."""
    session, runs = desk.session, desk.session.runs
    unfinished = Unfinished(session, desk.flows, desk.window)

    def resume() -> None:
        desk.panels.show("Queue")
        unfinished.resume()

    return Feature(
        name="queue",
        actions=(
            Action("pause_queue", "Run", 2, "Pause the queue",
                   "Hold queued units; what you start yourself runs all the same",
                   lambda: runs.pause(not runs.paused), checked=lambda: runs.paused,
                   titled=lambda: "Pause the queue" if not runs.paused else "The queue is paused",
                   enabled=lambda: runs.paused or runs.jobs.batch_left > 0),
            Action("clear_queue", "Run", 2, "Clear the queue",
                   "Cancel the queued units, drop failed ones", runs.clear_queue,
                   enabled=lambda: len(runs.jobs) > 0),
            Action("resume_queue", "Run", 2, "Resume the unfinished queue",
                   "Queue the units that a last session did not get to", resume,
                   enabled=lambda: unfinished.can_resume),
        ),
        follows=(session.jobs.structure_changed, unfinished.changed),
        panels=(Panel("Queue", QueuePanel(desk), Area.BOTTOM, 240),),
        close=unfinished.save,
    )  # fmt: skip
