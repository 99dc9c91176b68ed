# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds per step, as modules return them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable, Protocol


class Counted(Protocol):
    """What a Timeline counts: an appliance."""

    launches: int
    commands: int
    calls: int


class Timeline:
    """Seconds per step, and how often the appliance was launched and the guest's programs were run.

    Args: begin: called with the name of each step that begins.
    """

    def __init__(self, begin: Callable[[str], object] = lambda step: None) -> None:
        self._begin = begin
        self._steps: list[dict[str, Any]] = []
        self.launches = 0
        self.commands = 0
        self.calls = 0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the seconds of the block as those of the step called name."""
        self._begin(name)
        started = time.monotonic()
        try:
            yield
        finally:
            self._steps.append({"step": name, "seconds": round(time.monotonic() - started, 2)})

    def count(self, appliance: Counted) -> None:
        """Add the launches and calls of appliance."""
        self.launches += appliance.launches
        self.commands += appliance.commands
        self.calls += appliance.calls

    def as_dict(self) -> dict[str, Any]:
        """The timeline as the modules return it."""
        return {"steps": self._steps, "launches": self.launches, "commands": self.commands, "calls": self.calls}
