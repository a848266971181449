"""Where `:name` is a parameter, and where it is something else."""

import pytest

from sluice_core.credentials import Database
from sluice_runner.actions import sql_text
from sluice_runner.actions.action import StepFailed
from sluice_runner.actions.sql_parameters import converted
from sluice_runner.actions.sql_place import place

BOTH = {
    "at the end": ("a = :b", "a = ?"),
    "twice": (":b + :b", "? + ?"),
    "in a literal": ("':b' || :b", "':b' || ?"),
    "after a doubled quote": ("'it''s :b' || :b", "'it''s :b' || ?"),
    "in a comment": (":b -- :b\n:b", "? -- :b\n?"),
    "in a long comment": ("/* :b */ :b /* :b", "/* :b */ ? /* :b"),
    "in a quoted name": ('":b" = :b', '":b" = ?'),
    "a time": ("TIME '12:30:00' > :b", "TIME '12:30:00' > ?"),
    "a percent sign": ("a LIKE '%b' AND a % 2 = :b", "a LIKE '%b' AND a % 2 = ?"),
}
POSTGRESQL = {
    "a cast": ("a::text = :b::text", "a::text = ?::text"),
    "in dollars": ("$$ :b $$ || :b", "$$ :b $$ || ?"),
    "in tagged dollars": ("$q$ :b $$ :b $q$ || :b", "$q$ :b $$ :b $q$ || ?"),
    "an escape string": (r"E'\' :b' || :b", r"E'\' :b' || ?"),
    "a backslash is itself": ("'\\' || :b", "'\\' || ?"),
}
MYSQL = {
    "an escaped quote": (r"'\' :b' , :b", r"'\' :b' , ?"),
    "in backticks": ("`:b` = :b", "`:b` = ?"),
    "after a hash": (":b # :b", "? # :b"),
    "an assignment": ("@a := :b", "@a := ?"),
    "minus minus": ("1--:b", "1--?"),
}


@pytest.mark.parametrize(
    ("text", "expected"), [*(BOTH | POSTGRESQL).values()], ids=[*(BOTH | POSTGRESQL)]
)
def test_postgresql(text: str, expected: str) -> None:
    assert sql_text.filled(text, sql_text.POSTGRESQL, lambda _: "?") == expected


@pytest.mark.parametrize(("text", "expected"), [*(BOTH | MYSQL).values()], ids=[*(BOTH | MYSQL)])
def test_mysql(text: str, expected: str) -> None:
    assert sql_text.filled(text, sql_text.MYSQL, lambda _: "?") == expected


WRONG = {
    "a word for a number": ("one", "int4"),
    "a half": (1.5, "int8"),
    "true for a number": (True, "int4"),
    "a day that is not": ("2026-02-30", "date"),
    "a list with a wrong member": ([1, "x"], "int4[]"),
    "no date": (7, "date"),
}


@pytest.mark.parametrize(("value", "kind"), WRONG.values(), ids=WRONG)
def test_a_value_of_another_type_is_named(value: object, kind: str) -> None:
    with pytest.raises(StepFailed, match=r"with\.parameters\.p"):
        converted("p", value, kind)  # type: ignore[arg-type]


URLS = {
    "another scheme": "http://user:secret@host/db",
    "no host": "postgresql:///db",
    "no user": "postgresql://host/db",
    "an option that is not known": "postgresql://user:secret@host/db?host=evil",
    "TLS that is only preferred": "postgresql://user:secret@host/db?sslmode=prefer",
    "a port that is none": "postgresql://user:secret@host:x/db",
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_a_url_is_refused_without_being_shown(url: str) -> None:
    credential = Database.model_validate({"dialect": "postgresql", "url": url})

    with pytest.raises(StepFailed) as refused:
        place(credential)

    assert refused.value.reason == "CredentialInvalid"
    assert "secret" not in refused.value.message.lower().replace("its secret", "")


def test_tls_is_off_only_where_the_url_says_so() -> None:
    plain = {"dialect": "mysql", "url": "mysql://user:secret@host/db?ssl-mode=DISABLED"}
    usual = {"dialect": "mysql", "url": "mariadb://user:secret@host:33060/db"}

    assert not place(Database.model_validate(plain)).target.encrypted
    assert place(Database.model_validate(usual)).target.encrypted
