"""Codecs that several APIs share."""
