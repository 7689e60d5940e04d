"""Times on the wire: ISO 8601 to the second, UTC."""

from __future__ import annotations

from datetime import UTC, datetime

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def read_time(text: str) -> datetime:
    """The inverse of `time_text`.

    Raises:
        ValueError: it is none.
    """
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def time_text(moment: datetime) -> str:
    """A time to the second."""
    return moment.strftime(_FORMAT)
