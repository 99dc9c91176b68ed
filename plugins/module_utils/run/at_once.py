# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several pieces of work at once, each of which waits for a child process; when one fails, the others are ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Callable, TypeVar

from .child_processes import children, kill_children

_Result = TypeVar("_Result")

# Seconds between two looks at whether all have ended.
_TICK = 0.05


class Ended(Exception):
    """Another piece of work has failed, so this one is not needed any more."""


class AtOnce:
    """Runs functions in threads, once. Args: limit: how many at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known, self._ended = threading.Event(), threading.Event()
        # One item for each piece of work that is over: to append to a list takes no lock.
        self._over: list[None] = []

    def check(self) -> None:
        """To be called now and then by the functions. Errors: Ended."""
        if self._ended.is_set():
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
                self._known.set()
                # Not by wait(), which takes locks: a signal that comes meanwhile may leave one locked, for which its thread then
                # waits forever; and one that comes just before the kernel is asked to wait does not end that.
                while len(self._over) < len(works) and not self._ended.is_set():
                    time.sleep(_TICK)
            finally:
                self._ended.set()
                self._known.set()
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
        self._known.wait()
        try:
            self.check()
            return work()
        except Ended:
            raise
        except BaseException as error:
            # What fails because it was killed says nothing.
            if self._ended.is_set():
                raise Ended from error
            self._ended.set()
            raise
        finally:
            self._over.append(None)
