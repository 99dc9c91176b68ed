# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a run is, reported in small JSON files to whoever reads them.

    {"guest": "web01", "step": "convert", "detail": "network", "percent": 72, "state": "running", "pid": 4711}

percent is of the steps and not of the time: each step has a fixed share, whatever it takes for this guest. It never
falls.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType

from ..errors import GuestconvError
from . import whole_file


class Progress:
    """The progress of one run, in its files while the context lasts. A file is replaced as a whole, never half written.

    Args:
        paths: of the files; without any it is silent.
        steps: {step: percent of the run that is done when it begins}, in their order; empty where nobody can know, as
            when a guest boots. A step that is not among them takes no share.
    Errors on entering: progress-not-writable. Later ones are ignored: a run does not fail because its progress cannot
    be reported.

    guest: the guest's own name, once it is known.
    """

    def __init__(self, paths: Iterable[str] = (), steps: Mapping[str, int] | None = None) -> None:
        self.guest: str | None = None
        self._paths = list(paths)
        self._steps = steps or {}
        self._step = "start"
        self._percent = 0
        self._shown = ""

    def __enter__(self) -> Progress:
        for path in self._paths:
            try:
                _replace(path, self._text("", "running"))
            except OSError as error:
                raise GuestconvError(
                    "progress-not-writable",
                    f"The progress cannot be written to {path}: {error.strerror}.",
                    hint="Its directory must exist, and this user must be able to write to it.",
                    path="progress",
                ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._percent = 100
        self._show("", "ended")

    def begin(self, step: str, detail: str = "") -> None:
        """Report that the step begins."""
        self._step = step
        self._percent = max(self._percent, self._steps.get(step, 0))
        self._show(detail)

    def tell(self, detail: str, fraction: float) -> None:
        """Report within the step.

        Args: detail: what is being done now; fraction: how much of the step is done (0 to 1).
        """
        start = self._steps.get(self._step, self._percent)
        end = min((percent for percent in self._steps.values() if percent > start), default=100)
        self._percent = max(self._percent, int(start + (end - start) * fraction))
        self._show(detail)

    def counter(self, detail: str, total: int) -> Callable[[int], None]:
        """A function that reports within the step, and is called with how many more of `total` bytes are done."""
        done = 0

        def count(amount: int) -> None:
            nonlocal done
            done += amount
            self.tell(detail, min(1, done / max(1, total)))

        return count

    def _show(self, detail: str, state: str = "running") -> None:
        text = self._text(detail, state)
        if text == self._shown:
            return
        self._shown = text
        for path in self._paths:
            try:
                _replace(path, text)
            except OSError:
                continue

    def _text(self, detail: str, state: str) -> str:
        return (
            json.dumps(
                {
                    "guest": self.guest,
                    "step": self._step,
                    "detail": detail,
                    "percent": self._percent if self._steps else None,
                    "state": state,
                    "pid": os.getpid(),
                }
            )
            + "\n"
        )


def _replace(path: str, text: str) -> None:
    """Replace the file. Nothing in it is secret, and after a power failure it is worth nothing. Errors: OSError."""
    whole_file.replace(path, text.encode(), mode=0o644)
