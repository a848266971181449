"""One line for each layer of tests, before pytest's own closing line."""

from collections import Counter
from pathlib import PurePath

import pytest

LAYERS = ("unit", "services", "integration", "e2e")
OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("layers")
    for layer in LAYERS:
        outcomes = _outcomes(terminalreporter, layer)
        said = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
        terminalreporter.write_line(f"{layer:<12} {said or 'nothing ran'}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A layer that was asked for and of which nothing ran is a failure, not a saving."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or session.config.option.collectonly:
        return
    for layer in _asked_for(session):
        outcomes = _outcomes(reporter, layer)
        if not outcomes.total() - outcomes["skipped"]:
            reporter.write_line(f"\nnothing of tests/{layer} ran", red=True)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _asked_for(session: pytest.Session) -> list[str]:
    """Layers that were named whole on the command line."""
    named = {PurePath(argument).parts for argument in session.config.args}
    return [layer for layer in LAYERS if any(parts[-2:] == ("tests", layer) for parts in named)]


def _outcomes(reporter: pytest.TerminalReporter, layer: str) -> Counter[str]:
    return Counter(
        {
            outcome: count
            for outcome in OUTCOMES
            if (count := sum(_is_of(report, layer) for report in reporter.stats.get(outcome, ())))
        }
    )


def _is_of(report: pytest.TestReport, layer: str) -> bool:
    return report.nodeid.startswith(f"tests/{layer}/")
