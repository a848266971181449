"""crds/ says what the models say, and nothing in it is unbounded or unexplained."""

from pathlib import Path

import pytest

from sluice_core.api.meta import Resource
from sluice_core.crd import KINDS, file_name, make_definition
from sluice_core.crd.__main__ import differences, rendered
from sluice_core.crd.structural import PRESERVE, fields
from sluice_core.manifest import Manifest

CRDS = Path(__file__).parents[3] / "crds"
CLIENT_SIDE_APPLY_BYTES = 256 * 1024


every_kind = pytest.mark.parametrize("model", KINDS, ids=lambda model: model.__name__)


def schema(model: type[Resource]) -> Manifest:
    [version] = make_definition(model)["spec"]["versions"]
    made: Manifest = version["schema"]["openAPIV3Schema"]
    return made


def test_the_folder_equals_the_models() -> None:
    assert differences(CRDS) == []


def test_a_difference_is_shown_as_a_diff(tmp_path: Path) -> None:
    for name, text in rendered().items():
        (tmp_path / name).write_text(text)
    (tmp_path / "workflows.yaml").write_text(
        rendered()["workflows.yaml"].replace("- flow\n", "- wf\n")
    )
    (tmp_path / "pods.yaml").write_text("")

    lines = differences(tmp_path)

    assert [line for line in lines if line[:1] in "+-" and line[:3] not in ("---", "+++")] == [
        "-    - wf",
        "+    - flow",
    ]
    assert lines[-1] == f"{tmp_path}/pods.yaml belongs to no kind"


@every_kind
def test_client_side_apply_has_room_for_it(model: type[Resource]) -> None:
    assert len(rendered()[file_name(model)].encode()) < CLIENT_SIDE_APPLY_BYTES


@every_kind
def test_every_string_list_and_map_is_bounded(model: type[Resource]) -> None:
    unbounded = [
        path
        for path, field in fields(schema(model))
        if path not in ("", ".apiVersion", ".kind", ".metadata") and not is_bounded(field)
    ]

    assert unbounded == []


def is_bounded(field: Manifest) -> bool:
    """Any JSON has no bound of its own: the object's size bounds it."""
    match field.get("type"):
        case "string":
            return bool({"maxLength", "enum"} & field.keys()) or field.get("format") == "date-time"
        case "array":
            return "maxItems" in field
        case "object":
            return "properties" in field or "maxProperties" in field
        case None:
            return PRESERVE in field or "x-kubernetes-int-or-string" in field or "enum" in field
        case _:
            return True


@every_kind
def test_every_number_that_people_write_has_a_range(model: type[Resource]) -> None:
    spec = schema(model)["properties"]["spec"]

    endless = [
        path
        for path, field in fields(spec)
        if field.get("type") == "integer" and not {"minimum", "maximum"} <= field.keys()
    ]

    assert endless == []


@every_kind
def test_every_field_is_explained(model: type[Resource]) -> None:
    unexplained = [
        f"{path}.{name}"
        for path, field in fields(schema(model))
        for name, child in field.get("properties", {}).items()
        if name != "metadata" and not child.get("description", "").endswith(".")
    ]

    assert unexplained == []


@every_kind
def test_every_field_is_camel_case(model: type[Resource]) -> None:
    names = [name for _, field in fields(schema(model)) for name in field.get("properties", {})]

    assert [name for name in names if "_" in name or not name[0].islower()] == []


@every_kind
def test_nobody_has_to_quote_a_word_because_yaml_takes_it_for_a_boolean(
    model: type[Resource],
) -> None:
    """kubectl reads YAML 1.1: an unquoted `on:` or `y:` reaches the API server as `true:`."""
    words = {
        word.lower()
        for _, field in fields(schema(model)["properties"]["spec"])
        for word in [*field.get("properties", ()), *field.get("enum", ())]
    }

    assert not words & {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"}


@every_kind
def test_nothing_in_a_list_has_a_default(model: type[Resource]) -> None:
    """Argo CD compares lists as a whole and would show what the API server filled in as drift."""
    filled = [path for path, field in fields(schema(model)) if "[]" in path and "default" in field]

    assert filled == []


@every_kind
def test_the_api_server_fills_nothing_into_a_status(model: type[Resource]) -> None:
    filled = [
        path for path, field in fields(schema(model)["properties"]["status"]) if "default" in field
    ]

    assert filled == []


@every_kind
def test_only_json_of_the_users_own_keeps_unknown_fields(model: type[Resource]) -> None:
    kept = {path.rpartition(".")[2] for path, field in fields(schema(model)) if field.get(PRESERVE)}

    assert kept <= {
        "with", "inputs", "parameters", "config", "sample", "defaults",
        "body", "result", "output", "match{}", "payload",
    }  # fmt: skip


def test_lists_of_a_spec_with_names_are_maps_by_name() -> None:
    lists = {
        path
        for model in KINDS
        for path, field in fields(schema(model)["properties"]["spec"])
        if "name" in field.get("items", {}).get("properties", {})
        and field.get("x-kubernetes-list-map-keys") != ["name"]
    }

    assert lists == set()


def test_of_a_status_only_conditions_are_a_map() -> None:
    maps = {
        path
        for model in KINDS
        for path, field in fields(schema(model)["properties"]["status"])
        if field.get("x-kubernetes-list-type") == "map"
    }

    assert maps == {".conditions"}


def test_a_credential_has_no_place_for_a_secret() -> None:
    spec = next(schema(model) for model in KINDS if model.__name__ == "WorkflowCredential")
    config = spec["properties"]["spec"]["properties"]["config"]["properties"]

    assert not {"password", "token", "apiKey", "secret", "privateKey", "webhookUrl"} & config.keys()
