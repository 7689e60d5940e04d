"""Presentation attack detection on one still photo."""
