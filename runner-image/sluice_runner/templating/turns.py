"""Turns at something scarce, shared so that nobody who takes many makes others wait."""

import asyncio
from collections import OrderedDict, deque

Turn = asyncio.Future[None]


class Turns:
    """`room` turns at a time; each that was taken has to be given back.

    Those who wait are served owner by owner. Every other turn goes to the owner that came last, if
    it has had none yet: behind however many others, it waits for two turns, and they for twice as
    long as they would have.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()
        self._unserved: list[str] = []
        self._last_first = True

    @property
    def are_awaited(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)

    def take_now(self) -> bool:
        """Take a turn if there is one that nobody waits for."""
        if self._waiting or not self._room:
            return False
        self._room -= 1
        return True

    async def take(self, owner: str) -> None:
        """Take a turn, when it comes."""
        if self.take_now():
            return
        turn: Turn = asyncio.get_running_loop().create_future()
        if owner not in self._waiting:
            self._waiting[owner] = deque()
            self._unserved.append(owner)
        self._waiting[owner].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()  # it came at the same moment
            else:
                self._forget(owner, turn)
            raise

    def give(self) -> None:
        """Give a turn back, to the next."""
        while self._waiting:
            turn = self._next()
            if not turn.cancelled():
                turn.set_result(None)
                return
        self._room += 1

    def _next(self) -> Turn:
        self._last_first = not self._last_first
        if self._last_first and self._unserved:
            owner = self._unserved[-1]
        else:
            owner = next(iter(self._waiting))
        turn = self._waiting[owner].popleft()
        self._waiting.move_to_end(owner)
        self._tidy(owner, is_served=True)
        return turn

    def _forget(self, owner: str, turn: Turn) -> None:
        turns = self._waiting.get(owner, deque())
        if turn in turns:
            turns.remove(turn)
            self._tidy(owner, is_served=False)

    def _tidy(self, owner: str, *, is_served: bool) -> None:
        is_gone = not self._waiting[owner]
        if is_gone:
            del self._waiting[owner]
        if (is_gone or is_served) and owner in self._unserved:
            self._unserved.remove(owner)
