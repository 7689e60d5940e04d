"""Baidu face comparison and detection, v3."""
