"""An image's tag follows its content, and nothing else."""

from pathlib import Path

import pytest

from cluster.content import Image, reference

IMAGE = Image(name="it", dockerfile="Dockerfile", sources=("locked.txt", "code"))
FILES = {
    "Dockerfile": "FROM base",
    "locked.txt": "a==1",
    "code/main.py": "print()",
    "code/deep/page.html": "<p>",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_a_change_of_any_part_is_another_tag(checkout: Path, name: str) -> None:
    before = reference(IMAGE, checkout, "base")

    (checkout / name).write_text("changed")

    assert reference(IMAGE, checkout, "base") != before


def test_another_base_is_another_tag(checkout: Path) -> None:
    assert reference(IMAGE, checkout, "bookworm") != reference(IMAGE, checkout, "trixie")


def test_a_renamed_file_is_another_tag(checkout: Path) -> None:
    before = reference(IMAGE, checkout, "base")

    (checkout / "code/main.py").rename(checkout / "code/mail.py")

    assert reference(IMAGE, checkout, "base") != before


def test_what_does_not_enter_the_image_does_not_change_the_tag(checkout: Path) -> None:
    before = reference(IMAGE, checkout, "base")

    (checkout / "code/__pycache__").mkdir()
    (checkout / "code/__pycache__/main.pyc").write_bytes(b"compiled")
    (checkout / "README.md").write_text("not part of it")

    assert reference(IMAGE, checkout, "base") == before
