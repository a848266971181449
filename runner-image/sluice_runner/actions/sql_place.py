"""Where a Database credential leads, and as whom. Pure."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from sluice_core import credentials
from sluice_core.catalog import CATALOG
from sluice_runner.actions.action import StepFailed
from sluice_runner.egress.rules import Target

SCHEMES = {
    "postgresql": frozenset({"postgresql", "postgres"}),
    "mysql": frozenset({"mysql", "mariadb"}),
}
PORTS = {"postgresql": 5432, "mysql": 3306}
PLAIN = frozenset({("sslmode", "disable"), ("ssl-mode", "disabled")})
ENCRYPTED = frozenset(
    {("sslmode", word) for word in ("require", "verify-ca", "verify-full")}
    | {("ssl-mode", word) for word in ("required", "verify_ca", "verify_identity")}
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A database and a login. The certificate is verified whatever the URL's sslmode says."""

    dialect: str
    target: Target
    database: str
    user: str
    password: str = field(repr=False)


def place(credential: credentials.Database) -> Place:
    """Read the parts or the URL; StepFailed says what is wrong without saying what it holds."""
    if credential.url is not None:
        return _of_url(credential.dialect, credential.url.get_secret_value())
    return _made(
        credential.dialect,
        (credential.host, credential.port),
        credential.database or "",
        (_shown(credential.username), _shown(credential.password)),
        encrypted=True,
    )


def _of_url(dialect: str, url: str) -> Place:
    try:
        parts = urlsplit(url.strip())
        where = (parts.hostname, parts.port)
    except ValueError as error:
        raise _refused("is not a URL") from error
    if parts.scheme.partition("+")[0] not in SCHEMES[dialect] or not parts.hostname:
        raise _refused(f"does not look like {dialect}://user:password@host:port/database")
    login = (unquote(parts.username or ""), unquote(parts.password or ""))
    database = unquote(parts.path.removeprefix("/"))
    return _made(dialect, where, database, login, encrypted=_encrypted(parts))


def _encrypted(parts: SplitResult) -> bool:
    options = {(name.lower(), value.lower()) for name, value in parse_qsl(parts.query)}
    if unknown := options - PLAIN - ENCRYPTED:
        names = ", ".join(sorted(name for name, _ in unknown))
        raise _refused(f"has options that are not known, or not with that value: {names[:100]}")
    return not options & PLAIN


def _made(
    dialect: str,
    where: tuple[str | None, int | None],
    database: str,
    login: tuple[str, str],
    *,
    encrypted: bool,
) -> Place:
    if not login[0]:
        raise _refused("has no user name")
    target = Target(
        host=where[0] or "",
        port=where[1] or PORTS[dialect],
        encrypted=encrypted,
        usual_ports=frozenset(CATALOG["sql.query"].reaches),
    )
    user, password = login
    return Place(dialect=dialect, target=target, database=database, user=user, password=password)


def _refused(why: str) -> StepFailed:
    message = f"the credential's URL or login {why}: look at its Secret"
    return StepFailed("Permanent", "CredentialInvalid", message)


def _shown(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
