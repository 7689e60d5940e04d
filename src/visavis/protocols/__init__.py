"""The APIs that are spoken: one folder each."""
