from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from visavis.errors import DatasetError, FileMissingError
from visavis.evaluation.layouts import detect_layout, load_dataset, read_people
from visavis.evaluation.trials import CrossTrials, Dataset, Layout, PairTrials, Pose, stranger_trials
from visavis.types import FaceChoice


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def pairs_of(dataset: Dataset, name: str) -> PairTrials:
    trials = dataset.protocols[name]
    assert isinstance(trials, PairTrials)
    return trials


def cross_of(dataset: Dataset, name: str) -> CrossTrials:
    trials = dataset.protocols[name]
    assert isinstance(trials, CrossTrials)
    return trials


@pytest.fixture
def lfw(tmp_path: Path) -> Path:
    """Two folds of one mated and one non-mated pair."""
    touch(tmp_path, *(f"images/{who}/{who}_000{i}.jpg" for who in ("Ann_A", "Bob", "Cy") for i in (1, 2)))
    (tmp_path / "pairs.txt").write_text("2\t1\nAnn_A\t1\t2\nAnn_A\t1\tBob\t2\nBob\t1\t2\nBob\t1\tCy\t2\n")
    return tmp_path


def test_lfw_has_view_2_with_folds_and_all_pairs_and_takes_the_central_face(lfw: Path) -> None:
    dataset = load_dataset(lfw)

    assert dataset.layout is Layout.LFW
    assert dataset.face is FaceChoice.CENTRAL
    assert dataset.people == ("Ann_A", "Bob", "Cy")
    assert [picture.path for picture in dataset.pictures][:2] == [
        "images/Ann_A/Ann_A_0001.jpg",
        "images/Ann_A/Ann_A_0002.jpg",
    ]
    assert dataset.persons.tolist() == [0, 0, 1, 1, 2, 2]
    view2 = pairs_of(dataset, "lfw-view2")
    assert view2.reference.tolist() == [0, 0, 2, 2]
    assert view2.probe.tolist() == [1, 3, 3, 5]
    assert view2.mated.tolist() == [True, False, True, False]
    assert view2.fold is not None
    assert view2.fold.tolist() == [0, 0, 1, 1]
    assert cross_of(dataset, "lfw-all-pairs").rows.tolist() == [0, 1, 2, 3, 4, 5]


def test_lfw_people_may_lie_beside_pairs_txt(lfw: Path) -> None:
    for folder in (lfw / "images").iterdir():
        folder.rename(lfw / folder.name)
    (lfw / "images").rmdir()

    assert load_dataset(lfw).pictures[0].path == "Ann_A/Ann_A_0001.jpg"


def test_people_restrict_pictures_and_pairs(lfw: Path) -> None:
    dataset = load_dataset(lfw, people=["Bob", "Cy"])

    assert len(dataset.pictures) == 4
    view2 = pairs_of(dataset, "lfw-view2")
    assert view2.reference.tolist() == [0, 0]
    assert view2.fold is not None
    assert view2.fold.tolist() == [1, 1]


def test_people_who_are_not_there_are_an_error_that_names_them(lfw: Path) -> None:
    with pytest.raises(DatasetError, match=r"1 listed people are not in .*: Zed$"):
        load_dataset(lfw, people=["Bob", "Zed"])
    with pytest.raises(DatasetError, match=r"7 listed people .*: P0, P1, P2, P3, P4, …"):
        load_dataset(lfw, people=[f"P{i}" for i in range(7)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected the number of folds"),
        ("ten\t300\n", "line 1: expected the number of folds"),
        ("2\t1\nBob\t1\t2\n", "2 folds of 2 x 1 pairs announced, 1 lines found"),
        ("1\t1\nBob\t1\t2\nBob\n", "line 3: expected `NAME I J`"),
        ("1\t1\nBob\t1\t2\nBob\tx\tCy\t1\n", "line 3: expected `NAME I J`"),
        ("1\t1\nBob\t1\t9\nBob\t1\tDan\t1\n", "names 2 pictures that are not there: Bob_0009, Dan_0001"),
    ],
)
def test_a_bad_pairs_txt_is_an_error_that_says_where(lfw: Path, text: str, message: str) -> None:
    (lfw / "pairs.txt").write_text(text)
    with pytest.raises(DatasetError, match=message):
        load_dataset(lfw)


def test_a_forced_lfw_layout_needs_pairs_txt_as_text(lfw: Path) -> None:
    (lfw / "pairs.txt").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(DatasetError, match="not UTF-8"):
        load_dataset(lfw)
    (lfw / "pairs.txt").unlink()
    with pytest.raises(DatasetError, match="is missing"):
        load_dataset(lfw, layout=Layout.LFW)


def test_cfp_has_frontal_frontal_and_frontal_profile(tmp_path: Path) -> None:
    touch(tmp_path, "001/frontal/01.jpg", "001/frontal/02.jpg", "001/profile/01.jpg", "002/frontal/01.jpg", "notes.txt")

    dataset = load_dataset(tmp_path)

    assert dataset.layout is Layout.CFP
    assert dataset.face is FaceChoice.LARGEST
    assert [picture.pose for picture in dataset.pictures] == [Pose.FRONTAL, Pose.FRONTAL, Pose.PROFILE, Pose.FRONTAL]
    assert cross_of(dataset, "cfp-ff").rows.tolist() == [0, 1, 3]
    assert cross_of(dataset, "cfp-ff").columns is None
    fp = cross_of(dataset, "cfp-fp")
    assert fp.columns is not None
    assert (fp.rows.tolist(), fp.columns.tolist()) == ([0, 1, 3], [2])


def test_a_folder_a_person_takes_pictures_at_any_depth_and_leaves_other_files(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.JPG", "a/deep/2.png", "a/list.txt", "b/1.webp", ".hidden/1.jpg", "loose.jpg")

    dataset = load_dataset(tmp_path)

    assert dataset.layout is Layout.FOLDERS
    assert [picture.path for picture in dataset.pictures] == ["a/1.JPG", "a/deep/2.png", "b/1.webp"]
    assert dataset.name == tmp_path.name


def test_a_folder_without_pictures_and_a_path_that_is_not_there_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no pictures in"):
        load_dataset(tmp_path)
    with pytest.raises(FileMissingError, match="no such data set"):
        load_dataset(tmp_path / "nowhere")
    touch(tmp_path, "file.csv")
    with pytest.raises(DatasetError, match="is not a folder; the cfp layout needs one"):
        load_dataset(tmp_path / "file.csv", layout=Layout.CFP)


def test_a_folder_with_pairs_csv_is_read_as_pairs(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "pairs.csv").write_text("reference,probe,mated\na.jpg,b.jpg,0\n")
    assert detect_layout(tmp_path) is Layout.CSV
    assert load_dataset(tmp_path).name == "pairs"


def write_csv(root: Path, text: str) -> Path:
    root.mkdir(exist_ok=True)
    touch(root, "a.jpg", "b.jpg", "c.jpg", "d.jpg")
    path = root / "list.csv"
    path.write_text(text)
    return path


def test_csv_pictures_that_mated_pairs_link_are_one_person(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "probe,reference,mated\nb.jpg,a.jpg,1\nc.jpg,b.jpg,TRUE\nd.jpg,a.jpg,false\n")

    dataset = load_dataset(path)

    assert [picture.path for picture in dataset.pictures] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert dataset.persons.tolist() == [0, 0, 0, 1]
    pairs = pairs_of(dataset, "pairs")
    assert pairs.fold is None
    assert (pairs.reference.tolist(), pairs.probe.tolist()) == ([0, 1, 0], [1, 2, 3])
    assert pairs.mated.tolist() == [True, True, False]


def test_csv_people_are_taken_as_stated_and_can_be_restricted(tmp_path: Path) -> None:
    header = "reference,probe,mated,reference_person,probe_person\n"
    path = write_csv(tmp_path, header + "a.jpg,b.jpg,1,x,x\na.jpg,c.jpg,0,x,y\nc.jpg,d.jpg,0,y,z\n")

    assert load_dataset(path).people == ("x", "y", "z")
    restricted = load_dataset(path, people=["x", "y"])
    assert pairs_of(restricted, "pairs").mated.tolist() == [True, False]
    with pytest.raises(DatasetError, match="w"):
        load_dataset(path, people=["w"])


HEADER = "reference,probe,mated\n"
PEOPLE_HEADER = "reference,probe,mated,reference_person,probe_person\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks the columns reference, probe, mated"),
        ("reference,mated\n", "lacks the columns probe"),
        ("reference,probe,mated,probe_person\n", "needs both of"),
        (HEADER + "a.jpg,,1\n", "line 2: probe is empty"),
        (HEADER + "a.jpg\n", "line 2: probe is empty"),
        (HEADER + "a.jpg,b.jpg,yes\n", "line 2: mated is 'yes'; write 1 or 0"),
        (HEADER + "a.jpg,z.jpg,1\n", "names 1 pictures that are not there: z.jpg"),
        (HEADER + "a.jpg,b.jpg,1\nb.jpg,c.jpg,1\na.jpg,c.jpg,0\n", "line 4: not mated, yet"),
        (PEOPLE_HEADER + "a.jpg,b.jpg,1,x,y\n", "line 2: mated contradicts"),
        (PEOPLE_HEADER + "a.jpg,b.jpg,1,x,x\na.jpg,c.jpg,0,y,z\n", "line 3: a.jpg has two people"),
        (PEOPLE_HEADER + "a.jpg,b.jpg,1,x,\n", "line 2: probe_person is empty"),
        (HEADER, "no pictures"),
    ],
)
def test_a_bad_csv_is_an_error_that_says_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_dataset(write_csv(tmp_path, text))


def test_a_csv_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"reference,probe,mated\n\xff,\xfe,1\n")
    with pytest.raises(DatasetError, match="is not a CSV file in UTF-8"):
        load_dataset(path)
    with pytest.raises(DatasetError, match="cannot read"):
        load_dataset(tmp_path, layout=Layout.CSV)


def test_lists_of_people_skip_blank_lines_comments_and_repeats(tmp_path: Path) -> None:
    path = tmp_path / "people.txt"
    path.write_text("# chosen\nBob\n\nAnn\nBob\n")
    assert read_people(path) == ("Bob", "Ann")


def test_a_list_of_people_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        read_people(tmp_path / "none.txt")
    (tmp_path / "empty.txt").write_text("# nobody\n")
    with pytest.raises(DatasetError, match="names nobody"):
        read_people(tmp_path / "empty.txt")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(DatasetError, match="not UTF-8"):
        read_people(tmp_path / "binary.txt")


def test_strangers_are_all_pairs_but_of_a_csv_only_what_it_lists(tmp_path: Path, lfw: Path) -> None:
    every = stranger_trials(load_dataset(lfw), excluded=[1, 4])
    assert isinstance(every, CrossTrials)
    assert every.rows.tolist() == [0, 2, 3, 5]

    text = "reference,probe,mated\na.jpg,b.jpg,1\na.jpg,c.jpg,0\nb.jpg,d.jpg,0\nc.jpg,b.jpg,0\n"
    listed = stranger_trials(load_dataset(write_csv(tmp_path / "csv", text)), excluded=[3])
    assert isinstance(listed, PairTrials)
    assert np.column_stack([listed.reference, listed.probe]).tolist() == [[0, 2], [2, 1]]
    assert not listed.mated.any()
