"""Where files may lie: a stray one shadows a module of Python's own, or hides a test."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
OPERATOR = ROOT / "operator"
PACKAGES = ("sluice_core", "sluice_kube", "sluice_operator", "sluice_gateway", "sluice_cli")


def test_the_folder_operator_holds_packages_and_a_dockerfile_only() -> None:
    found = {one.name for one in OPERATOR.iterdir() if one.name != "__pycache__"}

    assert found == {*PACKAGES, "Dockerfile"}


def test_each_package_there_is_one() -> None:
    assert all((OPERATOR / name / "__init__.py").is_file() for name in PACKAGES)
    assert not (ROOT / "runner-image" / "__init__.py").exists()


def test_no_test_lies_beside_the_code() -> None:
    code = (*OPERATOR.rglob("*.py"), *(ROOT / "runner-image").rglob("*.py"))

    assert [one for one in code if one.name.startswith("test_") or one.name == "conftest.py"] == []


def test_no_folder_of_tests_is_a_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_every_folder_of_unit_tests_mirrors_code() -> None:
    code = {one.name for one in (*OPERATOR.iterdir(), *(ROOT / "runner-image").iterdir())}
    folders = {one.name for one in (ROOT / "tests" / "unit").iterdir() if one.is_dir()}

    assert folders - {"__pycache__"} <= {*code, "cluster"}
