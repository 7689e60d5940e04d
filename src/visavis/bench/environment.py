"""An environment of its own for each peer: `.bench-venv-NAME`, made once, made anew when its recipe changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from visavis.bench.peers import Peer
from visavis.errors import BenchError

_INSTALL_TIMEOUT_S = 1800
_LAST_LINES = 4


def prepare_environment(peer: Peer, folder: Path, announce: Callable[[str], None]) -> Path:
    """Make sure that a peer's environment exists below `folder`, and return its interpreter.

    Args:
        peer: what to install.
        folder: where `.bench-venv-NAME` lies or is made.
        announce: told, in words, what takes time.

    Raises:
        BenchError: it could not be made; the message carries pip's last lines.
    """
    home = folder.absolute() / f".bench-venv-{peer.name}"
    python = home / "bin" / "python"
    stamp = home / "stamp.json"
    recipe = json.dumps({"python": sys.version, "installs": peer.installs}, indent=1)
    if stamp.is_file() and python.exists() and stamp.read_text(encoding="utf-8") == recipe:
        return python
    if home.exists():
        shutil.rmtree(home)
    announce(f"installing {peer.name} into {home.name}")
    _run(peer, [sys.executable, "-m", "venv", str(home)])
    for arguments in peer.installs:
        _run(peer, [str(python), "-m", "pip", "install", "--disable-pip-version-check", *arguments])
    stamp.write_text(recipe, encoding="utf-8")
    return python


def _run(peer: Peer, command: list[str]) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_INSTALL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{peer.name} was not installed within {_INSTALL_TIMEOUT_S} s") from error
    if done.returncode:
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        raise BenchError(f"{peer.name} cannot be installed: {' | '.join(lines[-_LAST_LINES:])}")
