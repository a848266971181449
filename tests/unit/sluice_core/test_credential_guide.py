"""docs/credentials.md and examples/credentials/ say what the models say."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic.alias_generators import to_camel

from sluice_core import mounts, validation
from sluice_core.api.credential import WorkflowCredential
from sluice_core.credential_reading import read
from sluice_core.credentials import TYPES, field_names

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "credentials.md").read_text("utf-8")
EXAMPLES = ROOT / "examples" / "credentials"
ROW = re.compile(r"^\| `(\w+)` \| ([^\n]*?) \| ([^\n]*?) ?\|$", re.MULTILINE)
ROWS = {kind: (secret, config) for kind, secret, config in ROW.findall(GUIDE.replace("\\|", "¦"))}
KEY = re.compile(r"--from-(?:literal|file)=(\w+)")


def named(cell: str) -> set[str]:
    """The fields of a cell, those that may be left out with a question mark."""
    words = re.split(r"[,¦]", cell)
    return {re.sub(r"^\[(.*)\]$", r"\1?", word.strip()) for word in words if word.strip()}


@pytest.mark.parametrize("kind", TYPES)
def test_the_table_has_the_fields_of_each_type(kind: str) -> None:
    model = TYPES[kind]
    secret, config = field_names(model)
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    choices = {to_camel(name) for group in model.one_of for name in group}

    def spelt(names: tuple[str, ...]) -> set[str]:
        free = {name for name in names if not fields[name].is_required()} - choices
        return {f"{name}?" if name in free else name for name in names}

    assert tuple(map(named, ROWS[kind])) == (spelt(secret), spelt(config))


@pytest.mark.parametrize("kind", TYPES)
def test_an_example_with_the_keys_of_its_comment_is_a_credential(kind: str) -> None:
    text = (EXAMPLES / f"{kind}.yaml").read_text("utf-8")
    credential, findings = validation.parse(WorkflowCredential, yaml.safe_load(text))
    assert credential is not None

    values = dict.fromkeys(KEY.findall(text.partition("---")[0]), "a value")
    made = read(kind, values, mounts.plain_config(credential.spec))

    assert findings == []
    assert (credential.spec.type, made.type) == (kind, kind)


def test_there_is_an_example_of_each_type() -> None:
    assert {path.stem for path in EXAMPLES.iterdir()} == set(TYPES)
