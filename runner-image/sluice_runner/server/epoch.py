"""Which of two operators is the later leader: lower epochs than the highest seen are refused."""

from collections.abc import Callable


class OlderEpoch(Exception):  # noqa: N818 - what happened, in the words of the protocol
    """The sender has been replaced as leader."""


class Fence:
    """`on_newer` is called when a later leader shows for the first time."""

    def __init__(self, on_newer: Callable[[], None]) -> None:
        self.highest = -1
        self._on_newer = on_newer

    def admit(self, epoch: int) -> None:
        """Raises OlderEpoch."""
        if epoch < self.highest:
            raise OlderEpoch(f"epoch {epoch} is over, {self.highest} has begun")
        if epoch > self.highest:
            self.highest = epoch
            self._on_newer()
