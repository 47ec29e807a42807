"""The further views of the page *Photo*, and how its answers are shown."""

from dgn_explorer.gui.desk.actions import Action
from dgn_explorer.gui.desk.answers import Answer
from dgn_explorer.gui.desk.book import View
from dgn_explorer.gui.desk.desk import Desk
from dgn_explorer.gui.desk.feature import Drop, Feature
from dgn_explorer.gui.desk.inspector import Section
from dgn_explorer.gui.features.lens.film_view import FilmView
from dgn_explorer.gui.features.lens.look_panel import LookPanel
from dgn_explorer.gui.features.lens.looks_view import LooksView
from dgn_explorer.gui.features.lens.maps_view import MapsView
from dgn_explorer.gui.features.lens.pasting import paste
from dgn_explorer.gui.features.lens.rebuilt_view import RebuiltView
from dgn_explorer.gui.features.lens.saliency_view import SaliencyView
from dgn_explorer.gui.features.lens.saving import Saving
from dgn_explorer.gui.features.lens.strip_view import StripView
from dgn_explorer.gui.state.photos.film_watch import FilmWatch
from dgn_explorer.gui.state.photos.glances import Glances
from dgn_explorer.gui.state.photos.map_look import MapLook
from dgn_explorer.gui.state.photos.strips import Strips
from dgn_explorer.gui.state.topics import PageName
from dgn_explorer.photos.files import PHOTO_SUFFIXES
from dgn_explorer.photos.film import VIDEO_SUFFIXES
from dgn_explorer.studies.maps.about import MAPS
from dgn_explorer.studies.saliency.about import SALIENCY
from dgn_explorer.synthesis.methods.caricature.about import CARICATURE
from dgn_explorer.synthesis.methods.inversion.about import INVERSION, PRIOR_INVERSION

_PHOTO = (PageName.PHOTO,)
_ANSWER, LOOKS, STRIP, FILM = "photo", "looks", "strip", "film"


def lens_feature(desk: Desk) -> Feature:
    """Maps side by side, the strip of layers and films, beside the answers to questions."""
    session = desk.session
    look = MapLook(session.undo, desk.window)
    watch = FilmWatch(session, desk.flows, desk.window)
    glances = Glances(session, desk.photo, desk.window)
    strips = Strips(session, desk.photo, desk.flows, desk.window)
    saving = Saving(desk)
    side_by_side = LooksView(desk, look, glances)
    saving.add(side_by_side, side_by_side.drawn)

    def saliency_view() -> SaliencyView:
        view = SaliencyView(desk, look)
        saving.add(view, view.drawn)
        return view

    def maps_view() -> MapsView:
        view = MapsView(desk, look)
        saving.add(view, view.drawn)
        return view

    def show_film(path: str) -> None:
        desk.book.show_page(PageName.PHOTO, FILM)
        watch.open(path)

    rebuilt = [
        Answer("images", lambda: RebuiltView(desk), about.name)
        for about in (INVERSION, PRIOR_INVERSION, CARICATURE)
    ]
    return Feature(
        name="lens",
        actions=(
            *(_view(desk, *one) for one in _VIEWS),
            Action(
                "save_map",
                "File",
                1,
                "Save map as shown…",
                "Write the maps on show as PNG, with the orders that make their numbers",
                saving.choose,
                keys="Ctrl+Alt+S",
                pages=frozenset(_PHOTO),
                context=True,
                enabled=lambda: desk.book.page is PageName.PHOTO,
            ),
            Action(
                "paste_photo",
                "Edit",
                2,
                "Paste photo",
                "Open the picture on the clipboard, or the file whose path is there",
                lambda: paste(desk),
                keys="Ctrl+V",
                enabled=lambda: session.network is not None,
            ),
        ),
        follows=(session.opened, desk.book.page_changed),
        views=(
            View(LOOKS, side_by_side, _PHOTO),
            View(STRIP, StripView(desk, strips), _PHOTO),
            View(FILM, FilmView(desk, watch, look), _PHOTO),
        ),
        sections=(Section("How maps are drawn", LookPanel(look), _PHOTO, 40),),
        answers=(
            Answer("maps", saliency_view, SALIENCY.name),
            Answer("maps", maps_view, MAPS.name),
            *rebuilt,
        ),
        drops=(Drop(frozenset(VIDEO_SUFFIXES) - frozenset(PHOTO_SUFFIXES), show_film),),
        close=watch.stop,
    )


# view, id, title, help, key, icon
_VIEWS = (
    (_ANSWER, "photo_answer", "Answer about the photo",
     "The photo, and the answer to the last question about it", "photo"),
    (LOOKS, "photo_looks", "Where units look, side by side",
     "Maps of several kinds that follow the chosen unit at once", "eye"),
    (STRIP, "photo_strip", "What every layer keeps",
     "The photo rebuilt from each main layer, from input to output", "layers"),
    (FILM, "photo_film", "Video or webcam",
     "What the network sees in a film, with all maps of a layer", "film"),
)  # fmt: skip


def _view(desk: Desk, view: str, id: str, title: str, text: str, icon: str) -> Action:
    place = [one[0] for one in _VIEWS].index(view)

    def shown() -> bool:
        return desk.book.page is PageName.PHOTO and desk.book.view == view

    return Action(
        id, "View", 3, title, text,
        lambda: desk.book.show_page(PageName.PHOTO, view),
        icon=icon, checked=shown, place=place, toolbar=20 + place, pages=frozenset(_PHOTO),
        enabled=lambda: desk.session.network is not None,
    )  # fmt: skip
