"""Every action that the runner itself carries out, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from sluice_runner.actions import (
    ai_extract,
    ai_generate,
    condition,
    fail,
    http,
    log,
    switch,
    transform,
    validate,
    wait,
    workflow_run,
)
from sluice_runner.actions.action import Action

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        action.type.name: action
        for action in (
            *http.ACTIONS,
            transform.ACTION,
            condition.ACTION,
            switch.ACTION,
            validate.ACTION,
            log.ACTION,
            wait.ACTION,
            fail.ACTION,
            workflow_run.ACTION,
            ai_generate.ACTION,
            ai_extract.ACTION,
        )
    }
)
