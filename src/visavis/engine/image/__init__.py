"""Bytes → `FaceImage`: format by content, limits from the header, then pixels, upright and RGB."""

from visavis.engine.image.encoded import EncodedImage, decode_image, from_array, open_image
from visavis.engine.image.limits import ImageLimits

__all__ = ["EncodedImage", "ImageLimits", "decode_image", "from_array", "open_image"]
