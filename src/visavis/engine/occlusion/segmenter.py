"""A small network of our own says what covers a face: of each pixel, and of each of the face's regions.

Where a region lies can only be guessed where it is covered, and the mesh guesses without knowing that something is in
the way. So the network answers for the regions itself, from the picture; the mesh only says where to look.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from visavis.engine.geometry import Transform, invert_transform, scale_of
from visavis.engine.landmarks.mesh import FaceMesh, face_window
from visavis.engine.landmarks.region import mirror_region, region_masks, seen_share
from visavis.engine.occlusion.parameters import OcclusionModel, load_model, share_of
from visavis.engine.picture import Picture
from visavis.engine.runtime import InputLayout, Network, Runtime
from visavis.errors import ModelFormatError
from visavis.measures import HeadPose, Region

CROP_PX = 128
MAP_PX = 64

_MEAN, _SCALE = 127.5, 1 / 127.5
_LEAST_SEEN = 0.05
_MIRRORED = [list(Region).index(mirror_region(region)) for region in Region]
_COVERED = 0.2
"""From here on a region is said to be covered, and its map counts too."""


class Cover(IntEnum):
    """What a pixel of a face shows; the order is that of the network's planes."""

    VISIBLE = 0
    MASK = 1
    DARK_GLASSES = 2
    OTHER = 3


@dataclass(frozen=True, slots=True)
class RegionOcclusion:
    """Why a region of a face cannot be seen. Shares of its area, 0 = none of it, 1 = all.

    Attributes:
        covered: of what is in the picture and faces the camera, by something worn, held or in between.
        hidden: by the head itself, which is turned away.
        outside: beyond the edge of the picture.
    """

    covered: float
    hidden: float
    outside: float

    @property
    def total(self) -> float:
        """Share that cannot be seen, for whichever reason, 0..1."""
        return 1 - (1 - self.covered) * (1 - self.hidden) * (1 - self.outside)


@dataclass(frozen=True, slots=True, eq=False)
class CropOcclusion:
    """What the network makes of a crop of a face.

    Attributes:
        covers: (4, 64, 64) float32, read-only: probability of each `Cover`, 0..1.
        regions: share of each region that something covers, 0..1.
        mask: probability that a mask is worn, 0..1.
    """

    covers: NDArray[np.float32]
    regions: Mapping[Region, float]
    mask: float


@dataclass(frozen=True, slots=True, eq=False)
class FaceOcclusion:
    """What covers a face.

    Attributes:
        regions: each region's occlusion.
        mask: probability that a mask is worn over mouth or nose, 0..1; one below the chin does not count.
        dark_glasses: probability that dark glasses are worn over the eyes, 0..1.
        covers: (4, 64, 64) float32, read-only: probability of each `Cover`, 0..1, on the canvas of `transform`.
        transform: from full-resolution pixels of the picture to that canvas.
    """

    regions: Mapping[Region, RegionOcclusion]
    mask: float
    dark_glasses: float
    covers: NDArray[np.float32]
    transform: Transform


class OcclusionSegmenter:
    """Finds what covers a face whose mesh is known. Safe to share between threads.

    Args:
        runtime: runs the network.
        model: the network and its manifest; None: those that come with the package.

    Raises:
        ModelIntegrityError: the network is not the one that the manifest was made for.
        ModelFormatError: the manifest is damaged.
    """

    model_id = "visavis-occlusion"

    def __init__(self, runtime: Runtime, model: OcclusionModel | None = None) -> None:
        self._runtime = runtime
        self.model = model or load_model()
        self._network: Network | None = None
        self._lock = threading.Lock()

    def measure(self, picture: Picture, mesh: FaceMesh, pose: HeadPose) -> FaceOcclusion:
        """What covers the face, region by region.

        Args:
            picture: the one that the mesh was found in.
            mesh: of the face.
            pose: of the head.

        Raises:
            ImageError: the picture cannot be decoded.
            ModelFormatError: the network answers with other than it should, see `OcclusionModel`.
        """
        transform = face_window(mesh, self.model.spread, CROP_PX)
        crop = picture.warp(transform, CROP_PX, CROP_PX, min(1.0, scale_of(transform)))
        answer = self.segment(crop)
        inside = _inside(transform, picture.width, picture.height)
        areas = region_areas(mesh.seen_through(transform))
        seen = seen_share(pose)
        hiding = 1 - answer.covers[Cover.VISIBLE]
        regions = {
            region: _occlusion(answer.regions[region], hiding, areas[region], inside, 1 - seen[region])
            for region in Region
        }
        glasses, wearing = answer.covers[Cover.DARK_GLASSES], self.model.dark_glasses
        dark_glasses = wearing.probability(
            {region: share_of(glasses, areas[region] * inside) for region in wearing.weights}
        )
        return FaceOcclusion(regions, answer.mask, dark_glasses, answer.covers, transform * (MAP_PX / CROP_PX))

    def segment(self, crop: NDArray[np.uint8]) -> CropOcclusion:
        """The mean of what the network makes of the crop and of its mirror image.

        Args:
            crop: (128, 128, 3) uint8 RGB, an upright face, see `face_window`.

        Raises:
            ModelFormatError: the network answers with other than it should, see `OcclusionModel`.
        """
        answers = self.network().run(np.stack([crop, crop[:, ::-1]]))
        if [answer.shape for answer in answers] != [(2, len(Cover), MAP_PX, MAP_PX), (2, len(Region)), (2, 1)]:
            raise ModelFormatError(
                f"{self.model_id} answers with other than maps of {len(Cover)} covers, {len(Region)} shares and a mask"
            )
        (straight, mirrored), (shares, shares_mirrored), masks = answers
        covers = (straight + mirrored[..., ::-1]) / 2
        covers.setflags(write=False)
        mean = np.clip((shares + shares_mirrored[_MIRRORED]) / 2, 0.0, 1.0)
        return CropOcclusion(covers, dict(zip(Region, mean.tolist(), strict=True)), float(masks.mean()))

    def network(self) -> Network:
        """The compiled network, of two crops a run."""
        with self._lock:
            if self._network is None:
                layout = InputLayout(2, CROP_PX, CROP_PX, mean=_MEAN, scale=_SCALE)
                self._network = self._runtime.compile(self.model.network, layout)
            return self._network


def region_areas(points: NDArray[np.float64]) -> dict[Region, NDArray[np.float32]]:
    """(64, 64) each: the share of each pixel of the network's map that belongs to the region, 0..1.

    Args:
        points: (468, 2) of the mesh, pixels of the crop.
    """
    masks = region_masks(points, CROP_PX, CROP_PX)
    return {region: _halved(mask) for region, mask in masks.items()}


def _halved(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    blocks = mask.reshape(MAP_PX, 2, MAP_PX, 2)
    return np.asarray(blocks.mean((1, 3)), np.float32)


def _inside(transform: Transform, width: int, height: int) -> NDArray[np.float32]:
    """(64, 64) 1 where the network's map shows the picture, 0 beyond its edges."""
    centres = (np.arange(MAP_PX) + 0.5) * (CROP_PX / MAP_PX)
    (a, b, x), (c, d, y) = invert_transform(transform).tolist()
    across, down = a * centres[None] + b * centres[:, None] + x, c * centres[None] + d * centres[:, None] + y
    return np.asarray((across >= 0) & (across < width) & (down >= 0) & (down < height), np.float32)


def _occlusion(
    answered: float,
    hiding: NDArray[np.float32],
    area: NDArray[np.float32],
    inside: NDArray[np.float32],
    hidden: float,
) -> RegionOcclusion:
    """What is answered for a region is cautious where nearly all of it is covered; the map is not."""
    counted = share_of(hiding, area * inside) if answered > _COVERED else 0.0
    covered = max(answered, counted)
    outside = 1 - share_of(inside, area) if area.any() else 1.0
    is_seen = 1 - hidden > _LEAST_SEEN and 1 - outside > _LEAST_SEEN
    return RegionOcclusion(covered=covered if is_seen else 0.0, hidden=hidden, outside=outside)
