from __future__ import annotations

from pathlib import Path

import pytest

from visavis.bench import environment
from visavis.bench.environment import prepare_environment
from visavis.bench.peers import PEERS, Peer
from visavis.errors import BenchError


def make_peer(*installs: tuple[str, ...]) -> Peer:
    return Peer("thing", installs, Path("thing.py"), "a thing")


def test_an_environment_is_made_once_and_used_again(tmp_path: Path) -> None:
    said: list[str] = []
    first = prepare_environment(make_peer(), tmp_path, said.append)
    again = prepare_environment(make_peer(), tmp_path, said.append)
    assert first == again == tmp_path / ".bench-venv-thing" / "bin" / "python"
    assert first.exists()
    assert len(said) == 1


def test_another_recipe_makes_it_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def record(peer: Peer, command: list[str]) -> None:
        commands.append(command)
        home = tmp_path / ".bench-venv-thing"
        (home / "bin").mkdir(parents=True, exist_ok=True)
        (home / "bin" / "python").touch()

    monkeypatch.setattr(environment, "_run", record)
    prepare_environment(make_peer(("a==1", "b==2"), ("--no-deps", "c==3")), tmp_path, lambda what: None)
    assert [command[-2:] for command in commands] == [
        ["venv", str(tmp_path / ".bench-venv-thing")],
        ["a==1", "b==2"],
        ["--no-deps", "c==3"],
    ]
    (tmp_path / ".bench-venv-thing" / "leftover").touch()
    prepare_environment(make_peer(("a==2",)), tmp_path, lambda what: None)
    assert len(commands) == 5
    assert not (tmp_path / ".bench-venv-thing" / "leftover").exists()


def test_pips_last_lines_are_in_the_error_and_no_stamp_is_left(tmp_path: Path) -> None:
    peer = make_peer(("--no-index", "--find-links", str(tmp_path), "no-such-thing==1.0"))
    with pytest.raises(BenchError, match=r"thing cannot be installed: .*no-such-thing==1\.0"):
        prepare_environment(peer, tmp_path, lambda what: None)
    assert not (tmp_path / ".bench-venv-thing" / "stamp.json").exists()


@pytest.mark.parametrize("peer", PEERS.values(), ids=str)
def test_every_peer_is_pinned_and_has_its_script(peer: Peer) -> None:
    assert peer.script.is_file()
    requirements = [part for arguments in peer.installs for part in arguments if not part.startswith("--")]
    assert requirements
    assert all("==" in requirement for requirement in requirements)
