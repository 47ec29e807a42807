"""The table of features. A new one is a folder (or a file) of its own and one row here."""

from collections.abc import Callable

from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Feature
from dgn_explorer.gui.features.answers.feature import answers_feature
from dgn_explorer.gui.features.cluster.feature import cluster_feature
from dgn_explorer.gui.features.combine.feature import combine_feature
from dgn_explorer.gui.features.films.feature import films_feature
from dgn_explorer.gui.features.jobs.feature import jobs_feature
from dgn_explorer.gui.features.labels.feature import labels_feature
from dgn_explorer.gui.features.lens.feature import lens_feature
from dgn_explorer.gui.features.many.feature import many_feature
from dgn_explorer.gui.features.over_training.feature import over_training_feature
from dgn_explorer.gui.features.photo.feature import photo_feature
from dgn_explorer.gui.features.picture.feature import picture_feature
from dgn_explorer.gui.features.queue.feature import queue_feature
from dgn_explorer.gui.features.results.feature import results_feature
from dgn_explorer.gui.features.sets.feature import sets_feature
from dgn_explorer.gui.features.settings.feature import settings_feature
from dgn_explorer.gui.features.training.feature import training_feature
from dgn_explorer.gui.features.trash.feature import trash_feature
from dgn_explorer.gui.features.units.feature import units_feature

FeatureMaker = Callable[[Desk], Feature]

# Views, panels and the Tab key follow this order, and menu entries where they say nothing else.
FEATURES: tuple[FeatureMaker, ...] = (
    answers_feature,
    units_feature,
    photo_feature,
    lens_feature,
    settings_feature,
    picture_feature,
    combine_feature,
    films_feature,
    results_feature,
    over_training_feature,
    many_feature,
    sets_feature,
    labels_feature,
    queue_feature,
    cluster_feature,
    training_feature,
    trash_feature,
    jobs_feature,
)
