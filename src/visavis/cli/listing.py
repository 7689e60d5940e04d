"""Tables of which ids are copied: no cell is ever folded or cut off, however narrow the terminal is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

Align = Literal["left", "right"]
_GAP = 2


def print_rows(headings: Sequence[tuple[str, Align]], groups: Sequence[tuple[str, Sequence[Sequence[Text]]]]) -> None:
    """Print rows below one line of headings.

    Args:
        headings: with the side at which their column stands. The last column may be of any width.
        groups: a title, or "" for none, and its rows. A title has a line of its own, where it may be of any length.
    """
    titles = [Text(heading) for heading, _ in headings]
    rows = [titles, *(row for _, rows in groups for row in rows)]
    widths = [max(cell_len(row[column].plain) for row in rows) for column in range(len(titles))]
    console = Console(soft_wrap=True, highlight=False)
    console.print(_line(headings, widths, titles))
    for title, members in groups:
        if title:
            console.print(Text(title, "bold"))
        for row in members:
            console.print(_line(headings, widths, row))


def _line(headings: Sequence[tuple[str, Align]], widths: Sequence[int], row: Sequence[Text]) -> Text:
    line = Text()
    for (_, align), width, cell in zip(headings, widths, row, strict=True):
        room = " " * (width - cell_len(cell.plain))
        line.append(room if align == "right" else "").append_text(cell).append(room if align == "left" else "")
        line.append(" " * _GAP)
    line.rstrip()
    return line
