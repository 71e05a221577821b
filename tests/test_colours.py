"""The map's categories can be told apart by every eye: colours as the kinds of colour blindness see them, and how different they look."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

CANVAS = (Path(__file__).parents[1] / "assets" / "components" / "canvas.js").read_text("utf-8")
# What eyes without one kind of cone see, in linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
EYES = {
    "all cones": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
GROUND = {"light": "#fcfcfa", "dark": "#14181b"}


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    white = XYZ @ np.clip(light, 0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(white > 0.008856, np.cbrt(white), 7.787 * white + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """CIEDE2000 of two colours in L*a*b*."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25**7))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = (h2 - h1 + 180) % 360 - 180
    h = (h1 + h2 + (360 if abs(h1 - h2) > 180 else 0)) / 2
    light, c = (l1 + l2) / 2, (c1 + c2) / 2
    hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    t = 1 - 0.17 * np.cos(np.radians(h - 30)) + 0.24 * np.cos(np.radians(2 * h)) + 0.32 * np.cos(np.radians(3 * h + 6)) - 0.2 * np.cos(np.radians(4 * h - 63))
    sl = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * c, 1 + 0.015 * c * t
    rotation = -2 * np.sqrt(c**7 / (c**7 + 25**7)) * np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2))))
    dl, dc, dh = (l2 - l1) / sl, (c2 - c1) / sc, hue / sh
    return float(np.sqrt(dl**2 + dc**2 + dh**2 + rotation * dc * dh))


def test_the_difference_is_that_of_the_published_examples():
    # Sharma, Wu and Dalal 2005, table 1, pairs 1, 7, 17 and 25.
    for one, other, told in (
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ):
        assert difference(np.array(one), np.array(other)) == pytest.approx(told, abs=1e-4)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eyes", list(EYES))
def test_any_two_categories_look_different_to_every_eye_and_stand_out_from_the_ground(theme, eyes):
    colours = re.findall(r"#[0-9a-f]{6}", re.search(rf"{theme}: \[(.*?)\]", CANVAS[CANVAS.index("const CATEGORIES") :])[1])
    assert len(colours) == 8
    seen = {colour: lab(np.array(EYES[eyes]) @ linear(colour)) for colour in [*colours, GROUND[theme]]}
    assert min(difference(seen[a], seen[b]) for a, b in combinations(seen, 2)) >= 14
