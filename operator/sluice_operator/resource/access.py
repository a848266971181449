"""Whether a kind may be watched: by this installation, in this cluster, for that workflow."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sluice_kube import discovery, errors, review
from sluice_kube.resources import Resource
from sluice_kube.scope import Scope
from sluice_kube.session import Session
from sluice_operator.resource.observed import Kind, Seen, Trigger

GOOD_FOR = timedelta(minutes=1)
REFUSED_FOR = timedelta(seconds=20)  # then perhaps it has been mended
VERBS = ("list", "watch")


@dataclass(frozen=True)
class Problem:
    """Why a trigger watches nothing, and what to do about it."""

    reason: str
    message: str


class _Account(NamedTuple):
    namespace: str
    name: str
    resource: Resource


class Access:
    """Asks the API server, and again when the answer is old."""

    def __init__(
        self, session: Session, listed: Collection[Kind], now: Callable[[], datetime]
    ) -> None:
        self._session, self._listed, self._now = session, listed, now
        self._kinds: dict[Kind, tuple[datetime, Resource | Problem]] = {}
        self._accounts: dict[_Account, tuple[datetime, Problem | None]] = {}

    async def judge(self, seen: Seen, trigger: Trigger) -> Resource | Problem:
        """What to watch for that trigger. Raises ApiError when nobody can tell."""
        found = await self._of_kind(trigger.kind)
        if isinstance(found, Resource):
            account = _Account(seen.namespace, seen.account, found)
            found = await self._of_account(account) or found
        if isinstance(found, Problem):
            place = f"triggers[{trigger.place}].resource"
            return Problem(found.reason, f"{place}: {found.message}")
        return found

    async def _of_kind(self, kind: Kind) -> Resource | Problem:
        asked, known = self._kinds.get(kind, (None, None))
        if known is None or not self._is_good(asked, known):
            known = await self._ask_kind(kind)
            self._kinds[kind] = (self._now(), known)
        return known

    async def _ask_kind(self, kind: Kind) -> Resource | Problem:
        if kind not in self._listed:
            listed = ", ".join(map(str, self._listed)) or "there is none"
            return Problem(
                "KindNotListed",
                f"{kind} is not among the kinds that this installation watches ({listed}): have "
                "it added to the chart value resourceTriggers",
            )
        found = await discovery.find(self._session, *kind)
        if found is None:
            return Problem(
                "KindNotServed",
                f"this cluster serves no {kind}: correct apiVersion and kind, or install what "
                "defines it",
            )
        if not found.namespaced:
            return Problem("KindNotNamespaced", f"objects of {kind} are in no namespace")
        return await self._try(found)

    async def _try(self, resource: Resource) -> Resource | Problem:
        try:
            await self._session.page(resource, Scope(metadata_only=True), limit=1)
        except errors.Forbidden:
            return Problem(
                "OperatorForbidden",
                f"the operator may not list {_called(resource)}: in the chart value "
                f"resourceTriggers, give this kind `plural: {resource.plural}`",
            )
        except errors.ApiError as error:
            if not isinstance(error, errors.NotFound) and error.status != 405:
                raise
            return Problem("KindNotWatchable", f"{_called(resource)} cannot be listed: {error}")
        return resource

    async def _of_account(self, account: _Account) -> Problem | None:
        asked, known = self._accounts.get(account, (None, None))
        if not self._is_good(asked, known):
            known = await self._ask_account(account)
            self._accounts[account] = (self._now(), known)
        return known

    async def _ask_account(self, account: _Account) -> Problem | None:
        groups = ("serviceaccounts", f"serviceaccounts:{account.namespace}", "authenticated")
        who = review.Identity(
            username=f"system:serviceaccount:{account.namespace}:{account.name}",
            groups=tuple(f"system:{group}" for group in groups),
        )
        for verb in VERBS:
            access = review.Access(verb, account.resource, account.namespace)
            if not (await review.authorize(self._session, who, access)).allowed:
                return _lacks(account, verb)
        return None

    def _is_good(self, asked: datetime | None, known: object) -> bool:
        good_for = REFUSED_FOR if isinstance(known, Problem) else GOOD_FOR
        return asked is not None and abs(self._now() - asked) < good_for


def _lacks(account: _Account, verb: str) -> Problem:
    space, kinds = account.namespace, _called(account.resource)
    role = f"watch-{account.resource.plural}"
    return Problem(
        "AccountForbidden",
        f"the workflow's account {account.name} may not {verb} {kinds} in {space}: "
        f"kubectl -n {space} create role {role} --verb={','.join(VERBS)} --resource={kinds} && "
        f"kubectl -n {space} create rolebinding {role} --role={role} "
        f"--serviceaccount={space}:{account.name}",
    )


def _called(resource: Resource) -> str:
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural
