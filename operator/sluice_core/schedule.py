"""Cron expressions: whether one can be meant at all."""

from datetime import UTC, datetime

from croniter import croniter
from croniter.croniter import CroniterBadDateError, CroniterError

_ANY_TIME = datetime(2024, 1, 1, tzinfo=UTC)
_YEARS = 9  # 29 February comes every four years, but for 2096 to 2104


def problem(cron: str) -> str:
    """What is wrong with an expression of five fields; empty when it has times."""
    try:
        croniter(cron, _ANY_TIME, max_years_between_matches=_YEARS).get_next(datetime)
    except CroniterBadDateError:
        return "there is no such day, so it would never come"
    except (CroniterError, ValueError, KeyError) as error:
        return str(error) or "it is not a cron expression"
    return ""
