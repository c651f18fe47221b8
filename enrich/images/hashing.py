"""PDQ: a hash that near copies share. Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ
Image-Hashing Algorithm" (2019).
"""

from __future__ import annotations

import numpy as np
import pdqhash  # type: ignore[import-untyped] # it comes without types
from PIL import Image

LARGEST_SIDE = 1024  # a larger picture is scaled down first: PDQ itself looks at 64 x 64


def pdq_of(image: Image.Image) -> tuple[list[str], int]:
    """The hash of the picture as it stands, then of it rotated and mirrored in the seven other
    ways, in hexadecimal digits; and the quality, 0 to 100: below 50 it tells little apart.

    `image` is RGB.
    """
    if max(image.size) > LARGEST_SIDE:
        image = image.copy()
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.BOX)
    hashes, quality = pdqhash.compute_dihedral(np.ascontiguousarray(np.asarray(image)))
    return [np.packbits(each.astype(np.uint8)).tobytes().hex() for each in hashes], int(quality)
