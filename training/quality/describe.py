"""What qualities photos have.

    python training/quality/describe.py $VISAVIS_DATA

writes into the model card, for each kind of photo, how many there are, in how many a face is found, and percentiles of
their quality.
"""

# What this script is for is what it prints.
# ruff: noqa: T201
from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from card import PERCENTILES, write_figures
from examples import Order, cfp_photos, gather, lfw_photos, mask_photos


def main() -> None:
    """Parse the arguments, gather, print."""
    parser = argparse.ArgumentParser(description="Percentiles of the unified quality.")
    parser.add_argument("data", type=Path, help="folder with cfp, lfw, masks and splits")
    parser.add_argument("--model", default="sface-2021dec")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    data = arguments.data
    photos = [
        *cfp_photos(data, "cfp-test"),
        *lfw_photos(data, "lfw-calibrate"),
        *mask_photos(data, "bare"),
        *mask_photos(data, "masked"),
    ]
    found = gather(photos, Order(arguments.model, arguments.precision), arguments.processes)
    figures = {}
    for group in dict.fromkeys(photo.group for photo in photos):
        values = [example.measures.quality for example in found if example.photo.group == group]
        figures[group] = {
            "photos": sum(photo.group == group for photo in photos),
            "faces": len(values),
            "values": [round(float(value), 2) for value in np.percentile(values, PERCENTILES)],
        }
        print(group, figures[group])
    write_figures("percentiles", figures)


if __name__ == "__main__":
    main()
