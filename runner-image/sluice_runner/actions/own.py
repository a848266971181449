"""Actions of the users' own: a WorkflowAction's templates filled in, its call made, its result."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

from pydantic import JsonValue, ValidationError

from sluice_core.api.action import ActionSpec, ContainerCall, HttpCall, Port
from sluice_core.catalog import OUTPUT, Params, own
from sluice_core.catalog.container import ContainerParams
from sluice_core.catalog.own import OwnParams
from sluice_runner.actions import container, http
from sluice_runner.actions.action import Action, Context, Done, StepFailed
from sluice_runner.actions.condition import is_true

Scope: TypeAlias = Mapping[str, JsonValue]
ParamsT = TypeVar("ParamsT", bound=Params)

_HTTP = {action.type.name: action for action in http.ACTIONS}


def actions(specs: Mapping[str, ActionSpec]) -> dict[str, Action]:
    """What the engine carries out, by name."""
    return {name: Action(own.row(name, spec), _running(spec)) for name, spec in specs.items()}


def _running(spec: ActionSpec) -> Callable[[OwnParams, Context], Awaitable[Done]]:
    async def run(params: OwnParams, ctx: Context) -> Done:
        config: JsonValue = dict(params.model_extra or {})
        done, response = await _called(spec, config, ctx)
        scope: dict[str, JsonValue] = {"config": config, "response": response}
        output = done.output
        if spec.result is not None:
            output = await ctx.render(spec.result, scope, "result")
        return Done(output=output, port=await _port(spec.ports, scope, ctx), result=done.result)

    return run


async def _called(spec: ActionSpec, config: JsonValue, ctx: Context) -> tuple[Done, JsonValue]:
    """What the call came to, and what templates see of that."""
    if spec.http is not None:
        done = await _by_http(spec.http, config, ctx)
        return done, done.output
    assert spec.container is not None  # noqa: S101 - a rule of the kind
    done = await _by_container(spec.container, spec.timeout_seconds, config, ctx)
    return done, {"exitCode": 0, "output": done.output}


async def _by_container(call: ContainerCall, seconds: int, config: JsonValue, ctx: Context) -> Done:
    """As the built-in action does it; image and resources are the author's alone to say."""
    templates: dict[str, JsonValue] = {
        "command": list(call.command),
        "args": list(call.args),
        "env": {one.name: one.value for one in call.env},
    }
    filled = await ctx.render(templates, {"config": config}, "container")
    assert isinstance(filled, dict)  # noqa: S101 - rendering keeps the form
    resources = call.resources.model_dump(mode="json") if call.resources else {}
    fixed = {"image": call.image, "resources": resources, "timeoutSeconds": seconds}
    return await container.run(_params(ContainerParams, filled | fixed, "container"), ctx)


async def _by_http(call: HttpCall, config: JsonValue, ctx: Context) -> Done:
    """As the built-in action of that method does it, its rules for credentials included."""
    action = _HTTP[f"http.{call.method.lower()}"]
    filled = await ctx.render(_templates(call), {"config": config}, "http")
    given = _params(action.type.params, _request(call, filled, ctx.key), "http")
    return await action.run(given, ctx)


def _params(model: type[ParamsT], given: dict[str, Any], field: str) -> ParamsT:
    try:
        return model.model_validate(given, by_alias=True)
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join([field, *map(str, one['loc'])])}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        )
        raise StepFailed("Permanent", "InvalidRequest", said) from error


def _templates(call: HttpCall) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = call.model_dump(mode="json", include={"url", "headers", "query"})
    return shown if call.body is None else {**shown, "body": call.body}


def _request(call: HttpCall, filled: JsonValue, key: str) -> dict[str, JsonValue]:
    """A header or query parameter whose template gives nothing is left out."""
    assert isinstance(filled, dict)  # noqa: S101 - rendering keeps the form
    headers = {name: str(value) for name, value in _given(filled["headers"]).items()}
    if call.idempotency_header:
        headers[call.idempotency_header] = quote(key, safe="/:")
    request: dict[str, JsonValue] = {
        "url": filled["url"],
        "headers": dict(headers),
        "query": _given(filled["query"]),
        "expect": list(call.expect),
    }
    return request | ({"json": filled["body"]} if "body" in filled else {})


def _given(values: JsonValue) -> dict[str, JsonValue]:
    named = values if isinstance(values, dict) else {}
    return {name: value for name, value in named.items() if value is not None}


async def _port(ports: tuple[Port, ...], scope: Scope, ctx: Context) -> str:
    """The first port whose `when` is true, or that has none."""
    for index, port in enumerate(ports):
        if port.when is None or is_true(await ctx.render(port.when, scope, f"ports[{index}].when")):
            return port.name
    if not ports:
        return OUTPUT
    names = ", ".join(port.name for port in ports)
    message = f"no port is open: `when` is false for {names}; give the last one no `when`"
    raise StepFailed("Permanent", "NoPort", message)
