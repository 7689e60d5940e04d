"""Decodes damaged pictures in a process of its own, so that a crash or a hang is a result: `SEED FIRST COUNT`.

Writes a line with the index before each picture, so that the last one names the culprit, and a JSON summary at the end.
"""

from __future__ import annotations

import faulthandler
import json
import resource
import sys
import time
from collections import Counter

import numpy as np
import psutil

from tests.robustness.memory import peak_bytes
from tests.robustness.mutate import make_originals, mutate_picture
from visavis.engine.image import ImageLimits, open_image
from visavis.errors import ImageError
from visavis.types import FaceImage

LONGEST_S = 2.0
LARGEST_BYTES = 1 << 30
_HANG_S = 20.0
# Damage to the header asks for any size: small ones too shall reach the decoders.
_LIMITS = ImageLimits(min_side=1)


def main(seed: int, first: int, count: int) -> None:
    make_originals()
    _limit_memory()
    outcomes: Counter[str] = Counter()
    slowest_s = 0.0
    for index in range(first, first + count):
        content = mutate_picture(seed, index)
        sys.stdout.write(f"{index}\n")
        sys.stdout.flush()
        faulthandler.dump_traceback_later(_HANG_S, exit=True)
        started = time.perf_counter()
        outcomes[_decode(content, index)] += 1
        slowest_s = max(slowest_s, time.perf_counter() - started)
        faulthandler.cancel_dump_traceback_later()
        assert slowest_s < LONGEST_S, f"took {slowest_s:.1f} s"
        assert peak_bytes() < LARGEST_BYTES, f"took {peak_bytes():,} bytes"
    summary = {"outcomes": outcomes, "slowest_s": slowest_s, "peak_mb": peak_bytes() / 2**20}
    sys.stdout.write(json.dumps(summary) + "\n")


def _limit_memory() -> None:
    """Make an allocation of a gibibyte fail, rather than find it in the peak afterwards."""
    limit = psutil.Process().memory_info().vms + LARGEST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _decode(content: bytes, index: int) -> str:
    try:
        opened = open_image(content, _LIMITS)
        reduction = opened.reductions[index % len(opened.reductions)]
        _check_image(opened.decode(reduction), reduction)
    except ImageError as error:
        return type(error).__name__
    return FaceImage.__name__


def _check_image(image: FaceImage, reduction: int) -> None:
    size = -(-image.full_height // reduction), -(-image.full_width // reduction)
    assert image.pixels.shape == (*size, 3)
    assert image.pixels.dtype == np.uint8
    assert image.pixels.flags.c_contiguous and not image.pixels.flags.writeable


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4]))
