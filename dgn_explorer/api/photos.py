"""What is asked of photographs, of photo sets and of concepts."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dgn_explorer.api.orders import Picture
from dgn_explorer.api.results import HasResults
from dgn_explorer.engine.messages import (
    Glance,
    Glimpse,
    Sight,
)
from dgn_explorer.errors import DgnError
from dgn_explorer.photos.crops import middle_square
from dgn_explorer.photos.film import Film, open_film
from dgn_explorer.photos.reading import decode_photo
from dgn_explorer.results.record import Record
from dgn_explorer.results.top_photos import UnitPhotos, unit_photos
from dgn_explorer.studies.survey import Survey
from dgn_explorer.synthesis.methods.caricature.about import CARICATURE, roles_of
from dgn_explorer.synthesis.methods.inversion.about import cannot_follow, inversion_through
from dgn_explorer.synthesis.targets import (
    Match,
)


class AsksPhotos(HasResults):
    """Methods of `Explorer` for photographs."""

    def invert(self, photo: Picture, layer: str, through: str = "pixels", **how: Any) -> Record:
        """A photograph rebuilt from what ``layer`` keeps of it, as pixels or through the prior.

        ``relative_error`` and ``cosine`` of the record say how near it comes, and a notice where it
        does not follow. ``through`` is ``pixels`` or ``prior``; for the rest see `recipe`.
        """
        target = Match(self.network.layer(layer).path)
        method = inversion_through(through)
        record = self.make(self.recipe(target, method=method, inputs={"photo": photo}, **how))
        error, plain = (record.array(name)[0] for name in ("relative_error", "plain_error"))
        if warning := cannot_follow(float(error), float(plain)):
            self._notice(f"{layer}: {warning}")
        return record

    def strip(
        self, photo: Picture, layers: Sequence[str] = (), through: str = "pixels", **how: Any
    ) -> list[Record]:
        """`invert` at several layers, by default the main ones from input to output."""
        kept = self.keep_input("photo", photo)
        wanted = layers or [layer.path for layer in self.network.main_layers]
        return [self.invert(kept, layer, through, **how) for layer in wanted]

    def save_strip(
        self, path: str | Path, photo: Picture, records: Sequence[Record], *, columns: int = 0
    ) -> Path:
        """Write a photograph and its inversions as one PNG, which carries their recipes."""
        from dgn_explorer.results.strip import save_strip

        kept = self.keep_input("photo", photo)
        picture = decode_photo(self.store.inputs.get(kept.sha256), kept.name or "The photo")
        seen = middle_square(picture, self.network.working_size)
        save_strip(Path(path), seen, records, columns)
        return Path(path)

    def caricature(self, photos: Picture | Sequence[Picture], layer: str, **how: Any) -> Record:
        """What ``layer`` sees in a photograph, or in the mean of up to four, exaggerated."""
        several = [photos] if isinstance(photos, Picture) else photos
        inputs = dict(zip(roles_of(len(several)), several, strict=True))
        target = Match(self.network.layer(layer).path)
        return self.make(self.recipe(target, method=CARICATURE.name, inputs=inputs, **how))

    def strongest(self, photo: Picture, count: int = 5) -> Record:
        """The units of every layer that a photograph excites most, as a table."""
        inputs, parameters = {"photo": photo}, {"count": count}
        return self.make(self.survey("strongest", inputs=inputs, parameters=parameters))

    def verdict(self, picture: Picture, count: int = 5) -> Record:
        """The classes that the network sees in a picture, as a table."""
        inputs, parameters = {"picture": picture}, {"count": count}
        return self.make(self.survey("verdict", inputs=inputs, parameters=parameters))

    def explain(
        self,
        photo: Picture,
        unit: str | Sequence[str],
        how: str = "grad-cam",
        *,
        layer: str = "",
        parameters: Mapping[str, Any] | None = None,
    ) -> Record:
        """Where in a photograph a unit looks: maps, one for each unit (see `studies.saliency`).

        ``how`` is one of its families, ``layer`` that of Grad-CAM. `DgnError` says why a family
        means nothing for a network.
        """
        order = self.survey(
            "saliency",
            inputs={"photo": photo},
            layers=[layer] if layer else [],
            units=[unit] if isinstance(unit, str) else unit,
            parameters={**(parameters or {}), "how": how},
        )
        return self.make(order)

    def maps(self, photo: Picture, layer: str) -> Record:
        """What every unit of ``layer`` answers at every place of a photograph: maps (N, H, W)."""
        return self.make(self.survey("maps", inputs={"photo": photo}, layers=[layer]))

    def watch(self, video: str | Path | Film, layer: str) -> Generator[Sight, None, None]:
        """What the network sees in every picture of a video file (extra ``video``).

        A `Film` that is given, such as `open_camera`'s, stays open. Raises `DgnError`.
        """
        path = self.network.layer(layer).path
        if isinstance(video, Film):
            yield from self.session.watch(self.network.fingerprint, video, path)
            return
        with open_film(Path(video).expanduser()) as film:
            yield from self.session.watch(self.network.fingerprint, film, path)

    def glance(
        self, photo: Picture, unit: str, how: str = "gradient", *, layer: str = ""
    ) -> Glimpse:
        """The map of one unit at once and unrecorded, to walk through the units of a layer.

        ``how`` is one of the families of `explain`. For those that need one pass, ``AT_ONCE`` of
        the study, it is kept, so that each further unit of the layer costs a backward pass.
        """
        given = self.keep_input("photo", photo)
        path = self.network.layer(layer).path if layer else ""
        resolved = self.network.resolve(unit)
        ask = Glance(self.network.fingerprint, given, resolved, how, path)
        found: Glimpse = self.session.answer(ask)
        return found

    def dissect(
        self,
        concepts: str | Path,
        layers: Sequence[str] = (),
        *,
        preset: str = "default",
        parameters: Mapping[str, Any] | None = None,
    ) -> Record:
        """Which named things the units of ``layers`` answer to, as a table: Network Dissection.

        ``concepts`` is a folder or zip of pictures with masks (see `photos.concepts`); without
        ``layers`` it is the last one with maps. `studies.dissection.labels` reads the rows.
        """
        inputs = {"concepts": concepts}
        how: dict[str, Any] = {"preset": preset, "parameters": parameters}
        return self.make(self.survey("dissect", inputs=inputs, layers=layers, **how))

    def measure_photos(self, photos: Picture, layers: Sequence[str] = (), count: int = 9) -> Record:
        """The ``count`` strongest photographs of every unit of ``layers``, and exact quantiles.

        ``photos`` is a folder or zip; without ``layers`` they are the output and four hidden ones.
        What has been measured before, of this or another set, is not measured again.
        """
        return self.make(self.photos_survey(photos, layers, count))

    def photos_survey(self, photos: Picture, layers: Sequence[str] = (), count: int = 9) -> Survey:
        """The order of `measure_photos`; raises `DgnError` for a set that holds no photographs."""
        given, parameters = {"photos": photos}, {"count": count}
        return self.survey("top-photos", inputs=given, layers=layers, parameters=parameters)

    def top_photos(self, unit: str, photos: Picture, count: int = 9) -> UnitPhotos:
        """A unit's strongest photographs of a folder or zip, with its quantiles and histogram."""
        address = self.network.resolve(unit)
        return unit_photos(self.measure_photos(photos, [address.layer], count), address)

    def nearest(self, picture: Picture | Record, photos: Picture, count: int = 9) -> Record:
        """The photographs nearest to an image, and whether that is suspiciously near.

        `results.nearest` puts the record into a sentence.
        """
        return self.make(self.nearest_survey(picture, photos, count))

    def nearest_survey(self, picture: Picture | Record, photos: Picture, count: int = 9) -> Survey:
        """The order of `nearest`; the prior that is open rebuilds photographs as a control."""
        image = picture.image if isinstance(picture, Record) else picture
        order = self.survey(
            "nearest", inputs={"picture": image, "photos": photos}, parameters={"count": count}
        )
        return replace(order, shown_by=self.prior.fingerprint)

    def picture_of(self, result: str, number: int = 1) -> Picture:
        """The image ``number`` of a stored result by its key or the key's beginning, or a file.

        Raises `DgnError` if there is neither.
        """
        if Path(result).expanduser().is_file():
            return Path(result)
        keys = [one.key for one in self.results() if result and one.key.startswith(result.lower())]
        record = self.get(keys[0]) if len(keys) == 1 else None
        if record is None or "images" not in record.parts:
            raise DgnError(
                f"{result!r} is neither a picture's file nor the key of one result with images.",
                "List the keys with: dgn-explorer cache list",
            )
        if not 1 <= number <= record.count:
            raise DgnError(
                f"The result has {record.count} images, and no image {number}.",
                f"Give a number from 1 to {record.count}.",
            )
        image: np.ndarray = record.images[number - 1]
        return image
