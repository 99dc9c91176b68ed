# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trace: a file that gets one line of JSON per call of libguestfs, for the option `trace`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any, Callable

from ..errors import GuestconvError
from .secret import Secret

# Characters of a text of which a trace has more than the length.
_MOST = 200


class Trace:
    """The trace in a file, which is replaced.

    warn: called with a sentence when the file cannot be written any more; the run goes on then, and the trace ends.
    Errors: trace-not-writable.
    """

    def __init__(self, path: str, warn: Callable[[str], object]) -> None:
        self._warn = warn
        self._file: IO[str] | None = None
        try:
            self._file = open(path, "w", encoding="utf-8")
        except OSError as error:
            raise GuestconvError(
                "trace-not-writable", f"The trace cannot be written to {path}: {error.strerror}.", path="trace"
            ) from error

    def write(
        self, name: str, arguments: Sequence[Any], options: dict[str, Any], seconds: float, failure: str | None
    ) -> None:
        """Append the call of libguestfs's function `name`, which took so long. failure: its error, if it had one."""
        if self._file is None:
            return
        line: dict[str, Any] = {
            "call": name,
            "arguments": [summary(value) for value in arguments],
            "seconds": round(seconds, 3),
        }
        if options:
            line["options"] = {key: summary(value) for key, value in options.items()}
        if failure:
            line["error"] = failure
        try:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
        except OSError as error:
            self._warn(f"The trace ends early, as it cannot be written: {error.strerror}.")
            self.close()

    def close(self) -> None:
        """End the trace."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError:
            pass  # there is a warning already


def summary(value: Any) -> Any:
    """An argument of a call as a trace or message may show it: of contents of files only the length."""
    if isinstance(value, Secret):
        return repr(value)
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, str) and len(value) > _MOST:
        return f"{value[:_MOST]}... <{len(value)} characters>"
    if isinstance(value, (list, tuple)):
        return [summary(item) for item in value]
    return value
