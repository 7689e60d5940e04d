"""Whether a call is let in, and who pays for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol

from visavis.errors import AccountStateError, DeadlineExceededError, NotGrantedError
from visavis.service.accounts import Account, AccountState, Interface
from visavis.service.orders import Caller
from visavis.service.ports import QuotaBook, RateCounter


class Offload(Protocol):
    """Runs a blocking call in a thread, off the event loop."""

    def __call__(self, call: Callable[..., Any], /, *arguments: Any) -> Coroutine[Any, Any, Any]:
        """Its result, or what it raises."""
        ...


class Charge:
    """A call that is paid for once it is `committed`, and given back otherwise."""

    def __init__(self) -> None:
        self.is_committed = False

    def commit(self) -> None:
        """The call came to a score."""
        self.is_committed = True


class Admission:
    """Rates, states, grants and quotas of accounts.

    Args:
        rates: counts calls by the second.
        quotas: counts charged calls.
        offload: runs the store's blocking calls.
        clock: Unix seconds.
    """

    def __init__(
        self, rates: RateCounter, quotas: QuotaBook, offload: Offload, clock: Callable[[], float] = time.time
    ) -> None:
        self._rates = rates
        self._quotas = quotas
        self._offload = offload
        self._clock = clock

    async def admit(self, account: Account, interface: Interface, deadline: float) -> Caller:
        """Let an authenticated call in that is worth answering until `deadline`; `time.monotonic()` seconds.

        Raises:
            DeadlineExceededError: it is too late already: the request took so long to arrive.
            RateLimitedError: too many calls in this second.
            AccountStateError: the account is not active.
            NotGrantedError: it may not call this interface.
        """
        if time.monotonic() >= deadline:
            raise DeadlineExceededError("the request took too long to arrive")
        if account.limits.per_second is not None:
            await self._offload(self._rates.count_call, account.account_id, account.limits.per_second)
        if account.state is not AccountState.ACTIVE:
            raise AccountStateError(account.state)
        if interface not in account.interfaces:
            raise NotGrantedError(f"{interface} is not granted to this account")
        return Caller(account, interface, deadline)

    @asynccontextmanager
    async def charge(self, caller: Caller) -> AsyncIterator[Charge]:
        """Set a call aside; unless the charge is committed it is given back at the end, whatever happens.

        Raises:
            DailyLimitError: the day's calls are used up.
            QuotaExhaustedError: all calls are used up, or have expired.
        """
        account = caller.account
        reservation = await self._offload(self._quotas.reserve_call, account.account_id, account.limits, self._clock())
        charge = Charge()
        try:
            yield charge
        finally:
            if not charge.is_committed:
                # Given back even where the call was cancelled because its client went away.
                await asyncio.shield(asyncio.ensure_future(self._offload(self._quotas.give_back_call, reservation)))
