"""How long the runs of each workflow are kept, as its own spec says."""

import logging

from pydantic import ValidationError

from sluice_core.api.workflow import History, Workflow
from sluice_core.shared import shared
from sluice_kube import errors
from sluice_kube.resources import WORKFLOWS, Key
from sluice_kube.session import Session
from sluice_operator.run.observed import Name

log = logging.getLogger(__name__)


class Histories:
    """What was seen of workflows, and what is read of those that were not seen yet."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: dict[Name, History] = {}
        self._gone: set[Name] = set()

    def see(self, flow: Name, history: History) -> None:
        """The workflow says so now."""
        self._seen[flow] = shared(history)
        self._gone.discard(flow)

    def forget(self, flow: Name) -> None:
        """The workflow is said to be deleted: look again when it matters."""
        self._seen.pop(flow, None)

    def is_gone(self, flow: Name) -> bool:
        """Whether it was looked for and does not exist."""
        return flow in self._gone

    async def of(self, flow: Name) -> History | None:
        """None as long as it cannot be read.

        The defaults are for runs that have outlived their workflow, and for no others.
        """
        if flow not in self._seen:
            try:
                found = await self._session.get(WORKFLOWS, Key(*flow))
                self._seen[flow] = Workflow.parse(found).spec.history
            except errors.NotFound:
                self._seen[flow] = History()
                self._gone.add(flow)
            except (errors.ApiError, ValidationError) as error:
                log.warning("%s: its history cannot be read: %s", flow, error)
        return self._seen.get(flow)
