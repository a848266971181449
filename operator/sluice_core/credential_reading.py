"""Make a credential of what its Secret and its configuration hold, or say what is wrong with that.

A value never gets into a message.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Set

from pydantic import JsonValue, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import from_json

from sluice_core.credentials import TYPES, Credential, Group, field_names

OR = "|"  # between fields of which any one would do, as in "webhookUrl|botToken"
DEFAULTS = "defaults"


class Lacking(Exception):  # noqa: N818 - what the credential is
    """Secret fields without a value; alternatives are one entry."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


class Unusable(Exception):  # noqa: N818 - what the credential is
    """A value that is there and wrong: each field with the reason, without the value."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read(
    kind: str,
    values: Mapping[str, str],
    config: Mapping[str, JsonValue],
    wanted: Collection[str] = (),
) -> Credential:
    """`values` are the secret fields that are there; `wanted` are those that have to be.

    An empty value says that the field is left out on purpose. Fields of the configuration that
    the type does not have are ignored. Raises Lacking and Unusable.
    """
    model = TYPES.get(kind)
    if model is None:
        raise Unusable((f"type: {kind} is of a newer release than this runner",))
    secret, known = field_names(model)
    given = {name: value for name, value in values.items() if name in secret and value}
    own = {name: value for name, value in config.items() if name in (*known, DEFAULTS)}
    if fields := tuple(_lacking(model, values.keys(), given.keys() | own.keys(), wanted)):
        raise Lacking(fields)
    try:
        return model.model_validate({**own, **_parsed(given)}, by_alias=True, by_name=False)
    except ValidationError as error:
        raise Unusable(tuple(_problems(error))) from None  # its cause holds the values


def _lacking(
    model: type[Credential], there: Collection[str], given: Set[str], wanted: Collection[str]
) -> Iterator[str]:
    """A Secret that gives nothing at all lacks something, even where nothing is required."""
    secret, _ = field_names(model)
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    needed = [name for name in secret if name in wanted or fields[name].is_required()]
    needed += [name for group in _groups(model.together) if given & {*group} for name in group]
    choices = [group for group in _groups(model.one_of) if {*group} & {*secret}]
    if not (there or needed or choices):
        choices = [secret]
    yield from (name for name in dict.fromkeys(needed) if name not in given)
    for group in choices:
        if not given & {*group}:
            yield OR.join(name for name in group if name in secret)


def _groups(groups: Iterable[Group]) -> list[Group]:
    return [tuple(map(to_camel, group)) for group in groups]


def _parsed(given: Mapping[str, str]) -> dict[str, JsonValue]:
    """Headers lie in a Secret as a JSON object."""
    parsed: dict[str, JsonValue] = dict(given)
    if "headers" in given:
        try:
            parsed["headers"] = from_json(given["headers"])
        except ValueError:
            raise Unusable(("headers: is no JSON object of header names and values",)) from None
    return parsed


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(map(str, problem["loc"][:1])) or "it"
        yield f"{place}: {problem['msg'].removeprefix('Value error, ')}"
