"""sql.query against real PostgreSQL and MariaDB servers, over TLS."""

import asyncio
from ipaddress import ip_address
from typing import Any, cast

import pytest
from pydantic import JsonValue

from sluice_core.credentials import Database
from sluice_runner.actions.action import Context, Done, StepFailed
from sluice_runner.egress.address import Address
from sluice_runner.egress.connect import Guard
from testkit import contexts
from testkit.ports import a_free_port
from testkit.services import authority
from testkit.services.databases import DATABASE, LIMITED, PASSWORD, USER, DatabaseServer
from testkit.services.rude import Manner, rude

NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(1, :most) AS n ORDER BY n",
    "mysql": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :most)"
    " SELECT n FROM s ORDER BY n",
}
SLEEP = {"postgresql": "SELECT pg_sleep(30)", "mysql": "SELECT SLEEP(30) FROM dual"}
TABLE = {
    "postgresql": "CREATE TABLE orders (id serial PRIMARY KEY, sku text UNIQUE, total numeric)",
    "mysql": "CREATE TABLE orders (id serial PRIMARY KEY, sku varchar(99) UNIQUE, total decimal)",
}


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    return cast("DatabaseServer", request.getfixturevalue(request.param))


def a_context(credential: Database, guard: Guard, seconds: float | None = 5) -> Context:
    return contexts.a_context(
        credential=lambda: credential, guard=lambda: guard, timeout_seconds=seconds
    )


async def query(server: DatabaseServer, guard: Guard, text: str, **given: Any) -> Done:
    context = a_context(server.credential(), guard)
    return await contexts.call("sql.query", context, query=text, **given)


async def rows(server: DatabaseServer, guard: Guard, text: str, **parameters: Any) -> JsonValue:
    done = await query(server, guard, text, parameters=parameters)
    assert isinstance(done.output, dict)
    return done.output["rows"]


async def failure(
    credential: Database, guard: Guard, text: str = "SELECT 1", seconds: float = 5, **given: Any
) -> StepFailed:
    context = a_context(credential, guard, seconds)
    with pytest.raises(StepFailed) as failed:
        await contexts.call("sql.query", context, query=text, **given)
    assert PASSWORD not in failed.value.message
    return failed.value


async def test_rows_are_objects_by_column(server: DatabaseServer, guard: Guard) -> None:
    done = await query(server, guard, "SELECT 1 AS one, 'größer' AS word, NULL AS nothing")

    assert done.output == {"rows": [{"one": 1, "word": "größer", "nothing": None}], "count": 1}


async def test_the_connection_is_encrypted(server: DatabaseServer, guard: Guard) -> None:
    texts = {
        "postgresql": "SELECT ssl AS tls FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        "mysql": "SELECT VARIABLE_VALUE <> '' AS tls FROM information_schema.SESSION_STATUS"
        " WHERE VARIABLE_NAME = 'Ssl_cipher'",
    }

    assert await rows(server, guard, texts[server.dialect]) == [{"tls": True}]


VALUES: dict[str, dict[str, JsonValue]] = {
    "postgresql": {
        "CAST('12345678901234567890.10' AS decimal(30, 2))": "12345678901234567890.10",
        "9223372036854775807": 9223372036854775807,
        "CAST('NaN' AS float8)": "NaN",
        "CAST('-Infinity' AS float8)": "-Infinity",
        "CAST('2026-02-28' AS date)": "2026-02-28",
        "CAST('2026-02-28 12:00+01' AS timestamptz)": "2026-02-28T11:00:00Z",
        "CAST('2026-02-28 12:00' AS timestamp)": "2026-02-28T12:00:00",
        "CAST('1:30' AS interval)": 5400.0,
        "CAST('\\x00ff' AS bytea)": {"base64": "AP8="},
        """CAST('{"a": [1, null]}' AS jsonb)""": {"a": [1, None]},
        "ARRAY[1, NULL, 3]": [1, None, 3],
        "CAST('6d1b6f2e-9d2c-4d2e-8a55-0242ac120002' AS uuid)": (
            "6d1b6f2e-9d2c-4d2e-8a55-0242ac120002"
        ),
        "CAST('10.0.0.0/8' AS cidr)": "10.0.0.0/8",
        "true": True,
    },
    "mysql": {
        "CAST('12345678901234567890.10' AS decimal(30, 2))": "12345678901234567890.10",
        "CAST(18446744073709551615 AS unsigned)": 18446744073709551615,
        "CAST('2026-02-28' AS date)": "2026-02-28",
        "CAST('2026-02-28 12:00' AS datetime)": "2026-02-28T12:00:00",
        "CAST('1:30' AS time)": 5400.0,
        "X'00FF'": {"base64": "AP8="},
        "1.5e0": 1.5,
    },
}


async def test_values_lose_nothing(server: DatabaseServer, guard: Guard) -> None:
    values = VALUES[server.dialect]
    listed = ", ".join(f"{expression} AS c{at}" for at, expression in enumerate(values))

    found = await rows(server, guard, f"SELECT {listed}")

    assert found == [{f"c{at}": value for at, value in enumerate(values.values())}]


HOSTILE = ["'; DROP TABLE orders; --", "\\'; --", "\\", "%s %(a)s", ":b $1 ?", "größer\0"[:-1]]


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_parameter_is_a_value_and_nothing_else(
    server: DatabaseServer, guard: Guard, text: str
) -> None:
    kind = "text" if server.dialect == "postgresql" else "char"

    found = await rows(
        server, guard, f"SELECT CAST(:a AS {kind}) AS it, ':a' AS other -- :not", a=text
    )

    assert found == [{"it": text, "other": ":a"}]


async def test_parameters_of_every_type(server: DatabaseServer, guard: Guard) -> None:
    table = "CREATE TABLE IF NOT EXISTS typed (n int, f float, d date, t timestamp, b {b}, j {j})"
    kinds = (
        {"b": "bytea", "j": "jsonb"}
        if server.dialect == "postgresql"
        else {"b": "blob", "j": "json"}
    )
    given = {
        "n": 7,
        "f": 1.5,
        "d": "2026-02-28",
        "t": "2026-02-28T12:00:00",
        "b": {"base64": "AP8="},
        "j": {"a": [1]},
    }
    await query(server, guard, table.format(**kinds))

    done = await query(
        server, guard, "INSERT INTO typed VALUES (:n, :f, :d, :t, :b, :j)", parameters=given
    )

    assert done.output == {"rows": [], "count": 1}
    [row] = cast("list[dict[str, JsonValue]]", await rows(server, guard, "SELECT * FROM typed"))
    assert {name: row[name] for name in "nfdtb"} == {name: given[name] for name in "nfdtb"}
    await query(server, guard, "DROP TABLE typed")


async def test_writes_tell_how_many_rows_they_changed(server: DatabaseServer, guard: Guard) -> None:
    await query(server, guard, TABLE[server.dialect])
    insert = "INSERT INTO orders (sku, total) VALUES (:sku, 1), ('b', 2), ('c', 3)"

    inserted = await query(server, guard, insert, parameters={"sku": "a"})
    updated = await query(server, guard, "UPDATE orders SET total = 9 WHERE total > 1")
    twice = await failure(server.credential(), guard, insert, parameters={"sku": "z"})
    left = await rows(server, guard, "SELECT sku, total FROM orders ORDER BY sku")

    await query(server, guard, "DROP TABLE orders")
    assert (inserted.output, updated.output) == (
        {"rows": [], "count": 3},
        {"rows": [], "count": 2},
    )
    assert (twice.failure, twice.reason) == ("Permanent", "SqlRefused")
    assert [row["sku"] for row in cast("list[dict[str, JsonValue]]", left)] == ["a", "b", "c"]


async def test_rows_are_bounded(server: DatabaseServer, guard: Guard) -> None:
    text = NUMBERS[server.dialect]

    some = await query(server, guard, text, parameters={"most": 900}, maxRows=10)
    exact = await query(server, guard, text, parameters={"most": 10}, maxRows=10)

    ten = [{"n": number} for number in range(1, 11)]
    assert some.output == {"rows": ten, "count": 10, "truncated": True}
    assert exact.output == {"rows": ten, "count": 10}


async def test_many_rows_come_whole(server: DatabaseServer, guard: Guard) -> None:
    text = NUMBERS[server.dialect]
    if server.dialect == "mysql":
        text = "SELECT seq AS n FROM seq_1_to_12000 WHERE seq <= :most"

    done = await query(server, guard, text, parameters={"most": 12_000}, maxRows=20_000)

    assert isinstance(done.output, dict)
    assert done.output["rows"] == [{"n": number} for number in range(1, 12_001)]


async def test_rows_that_are_too_large_together_fail(server: DatabaseServer, guard: Guard) -> None:
    many = {
        "postgresql": "SELECT repeat('x', 1000000) AS it FROM generate_series(1, 1000)",
        "mysql": "SELECT repeat('x', 1000000) AS it FROM seq_1_to_1000",
    }

    failed = await failure(server.credential(), guard, many[server.dialect])

    assert (failed.failure, failed.reason) == ("Permanent", "ResultTooLarge")


MISTAKES: dict[str, tuple[str, dict[str, JsonValue], str]] = {
    "a syntax error": ("SELEC 1", {}, "SqlRefused"),
    "an unknown table": ("SELECT * FROM nowhere", {}, "SqlRefused"),
    "several statements": ("SELECT 1; SELECT 2", {}, "SqlRefused"),
    "two columns of one name": ("SELECT 1 AS a, 2 AS a", {}, "ColumnsCollide"),
    "a parameter that is not given": ("SELECT :a", {}, "InvalidConfig"),
    "a parameter that is not named": ("SELECT 1", {"a": 1}, "InvalidConfig"),
}


@pytest.mark.parametrize(("text", "given", "reason"), MISTAKES.values(), ids=MISTAKES)
async def test_a_mistake_is_permanent_and_named(
    server: DatabaseServer, guard: Guard, text: str, given: dict[str, JsonValue], reason: str
) -> None:
    failed = await failure(server.credential(), guard, text, parameters=given)

    assert (failed.failure, failed.reason) == ("Permanent", reason)


async def test_wrong_credentials(server: DatabaseServer, guard: Guard) -> None:
    failed = await failure(server.credential(password="battery staple"), guard)

    assert (failed.failure, failed.reason) == ("Permanent", "CredentialRefused")
    assert "battery" not in failed.message


async def test_a_user_with_no_more_room_is_rate_limited(
    server: DatabaseServer, guard: Guard
) -> None:
    failed = await failure(server.credential(username=LIMITED), guard)

    reasons = {"postgresql": "TooManyConnections", "mysql": "LimitReached"}
    assert (failed.failure, failed.reason) == ("RateLimited", reasons[server.dialect])


async def test_a_rotated_password_is_used_at_once(server: DatabaseServer, guard: Guard) -> None:
    await query(server, guard, "SELECT 1")

    failed = await failure(server.credential(password="rotated"), guard)

    assert failed.reason == "CredentialRefused"


async def test_a_url_is_as_good_as_parts(server: DatabaseServer, guard: Guard) -> None:
    where = f"127.0.0.1:{server.port}/{DATABASE}"
    url = f"{server.dialect}://{USER}:{PASSWORD.replace(' ', '%20')}@{where}"
    credential = Database.model_validate({"dialect": server.dialect, "url": url})

    done = await contexts.call("sql.query", a_context(credential, guard), query="SELECT 1 AS a")

    assert done.output == {"rows": [{"a": 1}], "count": 1}


async def test_a_certificate_of_a_stranger_is_refused(server: DatabaseServer) -> None:
    failed = await failure(server.credential(), Guard(authority.a_guard().egress))

    assert (failed.failure, failed.reason) == ("Permanent", "CertificateInvalid")


async def test_a_certificate_of_another_name_is_refused(server: DatabaseServer) -> None:
    async def found(_host: str, _port: int) -> tuple[Address, ...]:
        return (ip_address("127.0.0.1"),)

    guard = Guard(authority.a_guard().egress, resolve=found, trust=authority.trust)

    failed = await failure(server.credential(host="db.example.com"), guard)

    assert (failed.failure, failed.reason) == ("Permanent", "CertificateInvalid")


async def test_a_place_that_is_not_allowed_is_not_reached(server: DatabaseServer) -> None:
    failed = await failure(server.credential(), authority.a_guard("10.0.0.1"))

    assert (failed.failure, failed.reason) == ("Permanent", "EgressRefused")


async def test_nobody_listens(server: DatabaseServer, guard: Guard) -> None:
    failed = await failure(server.credential(port=a_free_port()), guard)

    assert (failed.failure, failed.reason) == ("Transient", "ConnectionFailed")


async def test_the_server_ends_what_takes_too_long(server: DatabaseServer, guard: Guard) -> None:
    failed = await failure(server.credential(), guard, SLEEP[server.dialect], seconds=0.2)

    assert (failed.failure, failed.reason) == ("Timeout", "Timeout")


async def test_a_cancelled_step_takes_its_connection_along(
    server: DatabaseServer, guard: Guard
) -> None:
    context = a_context(server.credential(), guard, None)
    work = asyncio.create_task(contexts.call("sql.query", context, query=SLEEP[server.dialect]))
    seen = {
        "postgresql": "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)'",
        "mysql": "SELECT count(*) AS n FROM information_schema.processlist"
        " WHERE info LIKE '%SLEEP(30)%dual'",
    }
    async with asyncio.timeout(10):
        while await rows(server, guard, seen[server.dialect]) != [{"n": 1}]:
            pass

    work.cancel()

    with pytest.raises(asyncio.CancelledError):
        await work
    assert await rows(server, guard, "SELECT 1 AS a") == [{"a": 1}]


async def test_a_server_that_goes_away_is_transient(server: DatabaseServer, guard: Guard) -> None:
    own = {
        "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
        "mysql": "KILL CONNECTION_ID()",
    }

    failed = await failure(server.credential(), guard, own[server.dialect])

    assert failed.failure == "Transient"


async def test_a_conflict_is_transient(server: DatabaseServer, guard: Guard) -> None:
    locked = {
        "postgresql": "DO $$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = '40P01'; END $$",
        "mysql": "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'deadlock'",
    }

    failed = await failure(server.credential(), guard, locked[server.dialect])

    assert (failed.failure, failed.reason) == ("Transient", "Conflict")


RUDE: dict[Manner, str] = {"says nothing": "Timeout", "hangs up": "Transient"}


@pytest.mark.parametrize("dialect", ["postgresql", "mysql"])
@pytest.mark.parametrize("manner", RUDE)
async def test_a_server_that_behaves_badly(manner: Manner, dialect: str, guard: Guard) -> None:
    async with rude(manner) as port:
        failed = await failure(DatabaseServer(dialect, port).credential(), guard, seconds=0.3)

    assert failed.failure == RUDE[manner]
