# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several pieces of work at once, each of which waits for a child process; when one fails, the others are ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Callable, TypeVar

from .child_processes import children, kill_children

_Result = TypeVar("_Result")

# Seconds between two looks at whether all have ended.
_TICK = 0.05
# Seconds between two looks whether all have been given to a thread, which takes no time.
_SHORT_TICK = 0.002


class Ended(Exception):
    """Another piece of work has failed, so this one is not needed any more."""


class AtOnce:
    """Runs functions in threads, once. Args: limit: how many at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # What both the main thread and the others read and write takes no lock, as events and queues do: a signal that comes
        # while the main thread has one leaves it locked, for which the others then wait forever.
        self._known, self._ended = False, False
        self._over: list[None] = []  # one item for each piece of work that is over

    def check(self) -> None:
        """To be called now and then by the functions. Errors: Ended."""
        if self._ended:
            raise Ended

    def run(self, works: Sequence[Callable[[], _Result]]) -> list[_Result]:
        """The results of all functions, in their order.

        Errors: the first one that a function raises, or that comes meanwhile (SIGTERM); then the others' child processes are
        killed, and all threads have ended.
        """
        spared, futures = children(), list[Future[_Result]]()
        with ThreadPoolExecutor(min(self._limit, len(works)) or 1) as pool:
            try:
                futures = [pool.submit(self._one, work) for work in works]
                self._known = True
                # In ticks: a signal that comes after Python's last look at signals, and before the kernel is asked to wait, does
                # not end the wait. A wait without a limit then lasts until a piece of work is over.
                while len(self._over) < len(works) and not self._ended:
                    time.sleep(_TICK)
            finally:
                self._ended = True
                self._known = True
                for future in futures:
                    future.cancel()
                # A thread may just have started a process.
                while wait(futures, timeout=_TICK).not_done:
                    kill_children(spared)
        failed = [future for future in futures if not future.cancelled() and future.exception() is not None]
        for future in sorted(failed, key=lambda future: isinstance(future.exception(), Ended)):
            future.result()
        return [future.result() for future in futures]

    def _one(self, work: Callable[[], _Result]) -> _Result:
        # A signal that comes before all are known here would leave one that nobody ends.
        while not self._known:
            time.sleep(_SHORT_TICK)
        try:
            self.check()
            return work()
        except Ended:
            raise
        except BaseException as error:
            # What fails because it was killed says nothing.
            if self._ended:
                raise Ended from error
            self._ended = True
            raise
        finally:
            self._over.append(None)
