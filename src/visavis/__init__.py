"""Self-hosted face comparison: two photos in, a calibrated verdict out."""

__version__ = "0.1.0"
