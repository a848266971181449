"""sql.query: one statement to a database."""

from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from sluice_core import templates
from sluice_core.catalog.action import ActionType, Params

MOST_ROWS = 100_000


def _no_template(query: str) -> str:
    if templates.is_template(query):
        raise ValueError(
            "query takes no templates, since a value could rewrite it: write :name in the query "
            "and the value in parameters"
        )
    return query


ParameterName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]


class SqlQueryParams(Params):
    """One statement, whose `:name` are values of `parameters`; the output is `{rows, count}`.

    A statement that gives rows gives at most `maxRows`, and `truncated: true` where there are
    more; of any other, `count` tells the rows that it changed. Decimals are texts, since a number
    would lose digits; dates and times are RFC 3339, intervals seconds, bytes `{base64}`, columns
    of type json data.
    """

    query: Annotated[
        str,
        StringConstraints(min_length=1, max_length=100_000),
        AfterValidator(_no_template),
        Field(description="takes no templates"),
    ]
    parameters: Annotated[dict[ParameterName, JsonValue], Field(max_length=1000)] = {}
    max_rows: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 1000


TYPES = (
    ActionType(
        name="sql.query",
        title="Query a database",
        category="data",
        role="reads",
        params=SqlQueryParams,
        literal=frozenset({"query"}),
        sample={
            "query": "SELECT id, total FROM orders WHERE day = :day",
            "parameters": {"day": "{{ inputs.day }}"},
        },
        failures=("Transient", "Timeout", "RateLimited", "Permanent"),
        credentials=("Database",),
        reaches=(3306, 5432),
    ),
)
