# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins that upstart keeps running: a job each in /etc/init (init(5) of upstart).

Enterprise Linux 6 has one for whatever console the kernel has (serial.conf), which names no port.
"""

from __future__ import annotations

import posixpath
import re

from ...guest.root import GuestRoot
from .ports import is_gone, moved, port_of_getty

DIRECTORY = "/etc/init"

# Of all lines that job_port finds.
_EXPRESSION = "getty.*(tty|hvc|xvc|hvsi|sclp)"
_MOVED = "a login is on the console that the target has"
_ENDED = "no login on a console that the target does not have"


def convert(root: GuestRoot, port: str | None) -> None:
    """Move the job of a port that is gone to port; have it do nothing if there is one on that already, or no port."""
    texts = {path: root.read(path) or "" for path in _jobs(root)}
    there = {path: job_port(text) for path, text in texts.items()}
    is_there = port in there.values()
    for path, login in there.items():
        if login is None or not is_gone(login, port):
            continue
        if port is None or is_there:
            root.write(path, without_stanzas(texts[path]), _ENDED)
            continue
        is_there = True
        root.write(path, moved(texts[path], port, port), _MOVED)
        new = moved(path, port, port)
        if new != path and not root.exists(new):
            # A job is called as its file.
            root.rename(path, new, _MOVED)


def _jobs(root: GuestRoot) -> list[str]:
    found = root.files_with(_EXPRESSION, DIRECTORY)
    paths = root.glob(f"{DIRECTORY}/*.conf") if found is None else found.paths
    return [path for path in paths if posixpath.dirname(path) == DIRECTORY and path.endswith(".conf")]


def job_port(text: str) -> str | None:
    """The port that a job runs a getty on; None for another job."""
    ports = (port_of_getty(line.partition("#")[0]) for line in text.split("\n"))
    return next(filter(None, ports), None)


def without_stanzas(text: str) -> str:
    """text of a job with all of it commented out: a job that nothing starts."""
    return re.sub(r"(?m)^(?=[^#\n])", "#", text)
