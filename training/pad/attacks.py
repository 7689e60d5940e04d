"""Attacks made from photos of living people: each species is one thing that a picture of a picture shows."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from scene import Colours, Plane, Scene, jpeg, noise_field

Attack = Callable[[Scene, np.random.Generator], Scene]
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def show_moire(scene: Scene, chance: np.random.Generator) -> Scene:
    """The grid of a screen beats against that of the sensor: faint coloured waves, bent a little."""
    width, height = scene.size
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = np.zeros((height, width, 3), np.float32)
    for _ in range(int(chance.integers(1, 4))):
        frequency, angle = np.exp(chance.uniform(math.log(0.03), math.log(0.4))), chance.uniform(0, math.pi)
        bend = chance.normal(0, 0.1) / max(width, height)
        phase = x * math.cos(angle) + y * math.sin(angle) + bend * ((x - width / 2) ** 2 + (y - height / 2) ** 2)
        shifts = chance.uniform(0, 1) + chance.uniform(0, 0.5) * np.arange(3)
        turns = frequency * phase[..., None] + shifts.astype(np.float32)
        waves += np.sin(np.float32(2 * math.pi) * turns).astype(np.float32)
    strength = np.float32(np.exp(chance.uniform(math.log(0.025), math.log(0.14))))
    return scene.with_colours(_as_screen(scene.colours, chance) * (1 + strength * waves))


def show_pixel_grid(scene: Scene, chance: np.random.Generator) -> Scene:
    """Stripes of red, green and blue, and dark lines between rows, sampled askew by the sensor."""
    pitch = chance.uniform(1.6, 3.6) * max(0.6, scene.face_px / 110)
    width, height = scene.size
    small = max(8, round(width / pitch)), max(8, round(height / pitch))
    display = cv2.resize(_as_screen(scene.colours, chance), small, interpolation=cv2.INTER_AREA)
    fine = cv2.resize(display, (small[0] * 6, small[1] * 6), interpolation=cv2.INTER_NEAREST)
    gap, bleed = chance.uniform(0.2, 0.8), chance.uniform(0.15, 0.6)
    stripes = np.full((1, 6, 3), bleed, np.float32)
    for plane in range(3):
        stripes[0, 2 * plane : 2 * plane + 2, plane] = 1.0
    rows = np.ones((6, 1, 1), np.float32)
    rows[5] = gap
    tile = stripes * rows
    fine = (fine.reshape(small[1], 6, small[0], 6, 3) * tile[None, :, None]).reshape(fine.shape)
    turn = cv2.getRotationMatrix2D((fine.shape[1] / 2, fine.shape[0] / 2), chance.normal(0, 3), 1.0)
    fine = cv2.GaussianBlur(fine, (0, 0), chance.uniform(0.8, 2.4))
    fine = cv2.warpAffine(fine, turn, fine.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.resize(fine, (width, height), interpolation=cv2.INTER_LINEAR) / tile.mean((0, 1))
    mixed = np.float32(chance.uniform(0.5, 1.0))
    return scene.with_colours(mixed * seen + (1 - mixed) * scene.colours)


def show_halftone(scene: Scene, chance: np.random.Generator) -> Scene:
    """Dots of cyan, magenta and yellow ink, each on a grid of its own angle."""
    scale = 1.5
    fine = scene.scaled(scale)
    width, height = fine.size
    period = chance.uniform(2.2, 5.0) * scale * max(0.7, scene.face_px / 110)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    ink = 1 - _as_print(fine.colours, chance)
    softness = np.float32(chance.uniform(0.12, 0.35))
    planes = []
    for plane, degrees in enumerate((15, 75, 0)):
        angle = math.radians(degrees) + chance.normal(0, 0.03)
        u = x * math.cos(angle) + y * math.sin(angle)
        v = y * math.cos(angle) - x * math.sin(angle)
        spot = 0.5 + 0.25 * (np.cos(2 * math.pi * u / period) + np.cos(2 * math.pi * v / period))
        planes.append(1 / (1 + np.exp(-(ink[..., plane] - spot) / softness)))
    dots = 1 - np.stack(planes, 2).astype(np.float32)
    dots = cv2.GaussianBlur(dots, (0, 0), chance.uniform(0.5, 1.6))
    mixed = np.float32(chance.uniform(0.35, 0.9))
    seen = cv2.resize(mixed * dots + (1 - mixed) * (1 - ink), scene.size, interpolation=cv2.INTER_AREA)
    return scene.with_colours(seen)


def show_paper(scene: Scene, chance: np.random.Generator) -> Scene:
    """Few colours, no deep black, the grain of paper, flat light that falls off to one side."""
    width, height = scene.size
    grain = noise_field(width, height, chance.uniform(1.0, 2.5), chance)
    grain = grain + noise_field(width, height, chance.uniform(3, 8), chance)
    colours = _as_print(scene.colours, chance)
    colours = cv2.GaussianBlur(colours, (0, 0), max(0.3, chance.uniform(0.3, 1.2) * scene.face_px / 96))
    colours = colours * (1 + np.float32(chance.uniform(0.008, 0.035)) * grain[..., None])
    return scene.with_colours(colours * _slope(width, height, chance.uniform(0.05, 0.35), chance)[..., None])


def show_bezel(scene: Scene, backdrop: Scene, chance: np.random.Generator) -> Scene:
    """On a device that is held before the camera: its frame, what is behind it, fingers."""
    shown = scene.around_face(tuple(chance.uniform(0.12, 0.75, 4).tolist()))
    shown = shown.with_colours(_as_screen(shown.colours, chance))
    frame = chance.uniform(0.02, 0.2, 2) * scene.face_px
    edge = chance.uniform(0.0, 0.15, 3) if chance.random() < 0.75 else chance.uniform(0.75, 1.0, 3)
    return _hold(shown, frame, edge.astype(np.float32), backdrop, chance)


def show_held_sheet(scene: Scene, backdrop: Scene, chance: np.random.Generator) -> Scene:
    """On a sheet that is held before the camera: its white margin, what is behind it, fingers."""
    shown = scene.around_face(tuple(chance.uniform(0.1, 0.7, 4).tolist()))
    if chance.random() < 0.4:
        behind = np.float32(chance.uniform(0.5, 1.0)) * np.exp(chance.normal(0, 0.08, 3)).astype(np.float32)
        head = np.clip(_head(shown, chance) / 3 + 0.5, 0, 1)[..., None]
        shown = shown.with_colours(head * shown.colours + (1 - head) * behind)
    shown = shown.with_colours(_as_print(shown.colours, chance))
    margin = chance.uniform(0.0, 0.16, 2) * scene.face_px
    white = np.float32(chance.uniform(0.75, 1.0)) * np.exp(chance.normal(0, 0.03, 3)).astype(np.float32)
    return _hold(shown, margin, white, backdrop, chance)


def show_cut_out(scene: Scene, backdrop: Scene, chance: np.random.Generator) -> Scene:
    """A head cut out along its outline, before something else; a rim of paper, a shadow."""
    reach = _head(scene, chance)
    mask = np.clip(reach + 0.5, 0, 1)[..., None]
    rim = np.clip(reach + np.float32(chance.uniform(0, 0.04) * scene.face_px) + 0.5, 0, 1)[..., None]
    behind = _fill(backdrop, scene.size, chance)
    shadow = cv2.GaussianBlur(rim[..., 0], (0, 0), 0.06 * scene.face_px)[..., None]
    behind = behind * (1 - np.float32(chance.uniform(0.1, 0.6)) * shadow)
    colours = _as_print(scene.colours, chance)
    paper = np.float32(chance.uniform(0.7, 1.0))
    return scene.with_colours(mask * colours + (1 - mask) * (rim * paper + (1 - rim) * behind))


def show_gloss(scene: Scene, chance: np.random.Generator) -> Scene:
    """A lamp, a window or a bright room mirrored by something flat: light that does not follow the face."""
    width, height = scene.size
    light = np.zeros((height, width), np.float32)
    left, top, side, _ = scene.box
    for _ in range(int(chance.integers(1, 4))):
        centre = np.array([left, top]) + chance.uniform(-0.1, 1.1, 2) * scene.box[2:]
        reach = chance.uniform(0.15, 1.1, 2) * side
        corners = cv2.boxPoints(((float(centre[0]), float(centre[1])), reach.tolist(), float(chance.uniform(0, 180))))
        one = np.zeros((height, width), np.float32)
        cv2.fillConvexPoly(one, np.rint(corners).astype(np.int32), 1.0, cv2.LINE_AA)
        blur = side * float(np.exp(chance.uniform(math.log(0.008), math.log(0.2))))
        light += np.float32(chance.uniform(0.08, 0.5)) * cv2.GaussianBlur(one, (0, 0), max(blur, 0.4))
    tint = np.exp(chance.normal(0, 0.08, 3)).astype(np.float32)
    veil = np.float32(chance.uniform(0, 0.12))
    colours = scene.colours * (1 - veil) + veil
    return scene.with_colours(1 - (1 - colours) * (1 - np.clip(light, 0, 0.95)[..., None] * np.clip(tint, 0, 1)))


def show_colour_cast(scene: Scene, chance: np.random.Generator) -> Scene:
    """What a screen and a second camera do to colours: a strong cast, mostly blue, no deep black, another gamma."""
    grey = (scene.colours @ _LUMA)[..., None]
    faded = grey + np.float32(chance.uniform(0.35, 0.8)) * (scene.colours - grey)
    faded = faded ** np.float32(np.exp(chance.normal(0.1, 0.3)))
    if chance.random() < 0.65:
        gains = np.array([chance.uniform(0.7, 0.95), chance.uniform(0.65, 0.88), chance.uniform(1.0, 1.2)])
    else:
        gains = np.exp(chance.normal(0, 0.25, 3))
        gains /= gains.max()
    lift = np.float32(chance.uniform(0.04, 0.22)) * (gains / gains.max()).astype(np.float32)
    top = np.float32(chance.uniform(0.6, 1.0))
    return scene.with_colours(lift + (top - lift.max()) * faded * gains.astype(np.float32))


def show_tilted_focus(scene: Scene, chance: np.random.Generator) -> Scene:
    """Something flat, held askew: in focus along a line, ever less so to one side of it, face and background alike."""
    width, height = scene.size
    slope = _slope(width, height, 1.0, chance)
    place = (slope - slope.min()) / (slope.max() - slope.min() + 1e-6)
    most = chance.uniform(1.5, 4.0) * scene.face_px / 96
    levels = [scene.colours] + [cv2.GaussianBlur(scene.colours, (0, 0), most * step / 3) for step in (1, 2, 3)]
    at = np.clip(place * 3.6 - 0.3, 0, 3)[..., None]
    blurred = sum(level * np.clip(1 - np.abs(at - i), 0, 1) for i, level in enumerate(levels))
    fall_off = _slope(width, height, chance.uniform(0.1, 0.4), chance)[..., None]
    return scene.with_colours(np.asarray(blurred * fall_off, np.float32))


def show_double_jpeg(scene: Scene, chance: np.random.Generator) -> Scene:
    """Blocks of a strongly compressed picture, enlarged by a screen, and compressed again off their grid."""
    enlarged = chance.uniform(1.4, 3.0)
    once = jpeg(scene.scaled(1 / enlarged), int(chance.integers(8, 28)))
    again = once.scaled(scene.size[0] / once.size[0])
    left, top = chance.integers(1, 8, 2).tolist()
    return jpeg(again.cropped(left, top, *again.size), int(chance.integers(50, 95)))


ALONE: dict[str, Attack] = {
    "moire": show_moire,
    "pixel_grid": show_pixel_grid,
    "halftone": show_halftone,
    "paper": show_paper,
    "gloss": show_gloss,
    "colour_cast": show_colour_cast,
    "tilted_focus": show_tilted_focus,
    "double_jpeg": show_double_jpeg,
}
BEFORE: dict[str, Callable[[Scene, Scene, np.random.Generator], Scene]] = {
    "bezel": show_bezel,
    "held_sheet": show_held_sheet,
    "cut_out": show_cut_out,
}
"""Those that need a second photo, to be seen behind."""

SPECIES = (*ALONE, *BEFORE)
_ALSO = 0.55


def attack_with(species: str, scene: Scene, backdrop: Scene, chance: np.random.Generator) -> tuple[Scene, set[str]]:
    """The attack, and which species it shows: the one asked for and often another that goes before it."""
    kinds = {species}
    if chance.random() < _ALSO:
        other = str(chance.choice(list(ALONE)))
        if other != species:
            kinds.add(other)
            scene = ALONE[other](scene, chance)
    if species in BEFORE:
        return BEFORE[species](scene, backdrop, chance), kinds
    return ALONE[species](scene, chance), kinds


def _head(scene: Scene, chance: np.random.Generator) -> Plane:
    """(H, W) distance inside a head's outline, pixels, about; below 0 outside of it. Half have neck and shoulders."""
    left, top, width, height = scene.box
    y, x = np.mgrid[: scene.size[1], : scene.size[0]].astype(np.float32)
    centre_x, centre_y = left + width / 2, top + height * chance.uniform(0.4, 0.5)
    across, down = (x - centre_x) / width, (y - centre_y) / height
    angle = np.arctan2(down, across)
    radius = chance.uniform(0.58, 0.85) + sum(
        chance.normal(0, 0.03) * np.cos(n * angle + chance.uniform(0, 6.3)) for n in range(2, 9)
    )
    reach = (radius - np.hypot(across, down * chance.uniform(0.8, 1.0))) * scene.face_px
    if chance.random() < 0.5:
        # The neck and the shoulders stay on.
        reach = np.maximum(reach, np.minimum(y - centre_y, (0.4 + 0.5 * down) * scene.face_px - np.abs(x - centre_x)))
    return np.asarray(reach, np.float32)


def _as_screen(colours: Colours, chance: np.random.Generator) -> Colours:
    """What every screen does a little: another gamma, a colder white, black that glows."""
    gains = np.array([chance.uniform(0.85, 1.0), chance.uniform(0.88, 1.0), 1.0], np.float32)
    lift = np.float32(chance.uniform(0, 0.06))
    seen = colours ** np.float32(np.exp(chance.normal(0.05, 0.15)))
    return np.asarray(lift + (1 - lift) * seen * gains, np.float32)


def _as_print(colours: Colours, chance: np.random.Generator) -> Colours:
    """What every print does a little: duller colours, grey blacks, tinted whites."""
    grey = (colours @ _LUMA)[..., None]
    dull = grey + np.float32(chance.uniform(0.55, 0.95)) * (colours - grey)
    white = np.float32(chance.uniform(0.82, 1.0)) * np.exp(chance.normal(0, 0.03, 3)).astype(np.float32)
    black = np.float32(chance.uniform(0.03, 0.18))
    return np.asarray(black + (np.clip(white, 0, 1) - black) * np.clip(dull, 0, 1), np.float32)


def _slope(width: int, height: int, depth: float, chance: np.random.Generator) -> Plane:
    """(H, W) from 1 down to 1 - depth, evenly, in some direction."""
    angle = chance.uniform(0, 2 * math.pi)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    along = x / width * math.cos(angle) + y / height * math.sin(angle)
    along = (along - along.min()) / (along.max() - along.min() + 1e-6)
    return np.asarray(1 - depth * along, np.float32)


def _fill(backdrop: Scene, size: tuple[int, int], chance: np.random.Generator) -> Colours:
    """What is behind: cloth or a wall of one colour, or a part of some other photo, in focus or not."""
    if chance.random() < 0.4:
        colour = chance.uniform(0.1, 0.95) * np.exp(chance.normal(0, 0.2, 3)).astype(np.float32)
        folds = noise_field(*size, chance.uniform(8, 60), chance) * np.float32(chance.uniform(0.01, 0.08))
        weave = noise_field(*size, 1.0, chance) * np.float32(chance.uniform(0, 0.03))
        return np.asarray(np.clip(colour * (1 + folds + weave)[..., None], 0, 1), np.float32)
    width, height = backdrop.size
    left = int(chance.integers(0, max(1, width // 3)))
    top = int(chance.integers(0, max(1, height // 3)))
    part = backdrop.colours[top : top + 2 * height // 3, left : left + 2 * width // 3]
    if chance.random() < 0.5:
        part = part[::-1]
    filled = cv2.resize(np.ascontiguousarray(part), size, interpolation=cv2.INTER_LINEAR)
    if chance.random() < 0.5:
        filled = cv2.GaussianBlur(filled, (0, 0), chance.uniform(0.5, 0.03 * max(size)))
    return np.asarray(filled, np.float32)


def _hold(shown: Scene, frame: np.ndarray, colour: Plane, backdrop: Scene, chance: np.random.Generator) -> Scene:
    """Something flat with a frame around what it shows, a little askew, before something else, held by fingers."""
    width, height = shown.size
    sides = np.rint([frame[0], frame[1], frame[0], frame[1] * chance.uniform(0.5, 2.5)]).astype(int).tolist()
    framed = np.empty((height + sides[1] + sides[3], width + sides[0] + sides[2], 3), np.float32)
    framed[:] = colour
    framed[sides[1] : sides[1] + height, sides[0] : sides[0] + width] = shown.colours
    room = np.rint(chance.uniform(0.15, 1.0, 4) * shown.face_px).astype(int).tolist()
    canvas = framed.shape[1] + room[0] + room[2], framed.shape[0] + room[1] + room[3]
    turn = cv2.getRotationMatrix2D((canvas[0] / 2, canvas[1] / 2), float(chance.normal(0, 5)), 1.0)
    turn[:, 2] += turn[:, :2] @ room[:2]
    turn = np.vstack([turn, [*chance.normal(0, 0.06, 2) / max(canvas), 1.0]])
    placed = cv2.warpPerspective(framed, turn, canvas, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones(framed.shape[:2], np.float32), turn, canvas)[..., None]
    behind = _fill(backdrop, canvas, chance)
    colours = mask * placed + (1 - mask) * behind
    corner = np.array([sides[0], sides[1]]) + shown.box[:2] + shown.box[2:] / 2
    centre = turn @ [*corner, 1.0]
    centre = centre[:2] / centre[2]
    held = Scene(colours.astype(np.float32), np.hstack([centre - shown.box[2:] / 2, shown.box[2:]]))
    if chance.random() < 0.7:
        held = _with_fingers(held, mask[..., 0], chance)
    return held


def _with_fingers(scene: Scene, mask: Plane, chance: np.random.Generator) -> Scene:
    """Fingers that reach over the edge of what is held, at both sides or below."""
    skin = np.array([0.78, 0.58, 0.47]) * chance.uniform(0.45, 1.15) * np.exp(chance.normal(0, 0.06, 3))
    colours = scene.colours.copy()
    rows, columns = np.nonzero(mask > 0.5)
    sides = [(columns.min(), 1), (columns.max(), -1)] if chance.random() < 0.7 else [(columns.min(), 1)]
    breadth = chance.uniform(0.07, 0.22)
    for edge, inward in sides:
        y = float(chance.uniform(np.quantile(rows, 0.3), rows.max()))
        for finger in range(int(chance.integers(1, 5))):
            thick = breadth * float(chance.uniform(0.85, 1.1)) * scene.face_px
            tip = edge + inward * float(chance.uniform(0.05, 0.4)) * scene.face_px
            root = edge - inward * scene.face_px
            at = y + 1.7 * finger * thick
            over = np.zeros(mask.shape, np.float32)
            ends = (round(float(root)), round(at + 0.3 * scene.face_px)), (round(float(tip)), round(at))
            cv2.line(over, *ends, 1.0, max(2, round(1.7 * thick)), cv2.LINE_AA)
            shade = cv2.GaussianBlur(over, (0, 0), 0.35 * thick)[..., None]
            tone = np.clip(skin * (0.6 + 0.5 * shade), 0, 1)
            colours = over[..., None] * tone + (1 - over[..., None]) * colours
    return scene.with_colours(colours.astype(np.float32))
