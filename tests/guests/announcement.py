# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a guest announces what it is: lines "announce SUBJECT WORDS..." on the serial port, and then a login prompt there."""

from __future__ import annotations

_SCRIPT = "/usr/local/lib/announce"
_UNIT = "/etc/systemd/system/announce.service"

COMMANDS = (
    "systemctl enable announce",
    # The login prompt comes after the announcement, and from nowhere else.
    "mkdir -p /etc/systemd/system-generators",
    "ln -s /dev/null /etc/systemd/system-generators/systemd-getty-generator",
)


def files(lines, what="was booted", after="ssh.service", wait=""):
    """{path: text} of the script and of its unit.

    lines: shell that prints the lines. what: of the guest they are about. after: the units that are started before. wait:
    shell that runs before it, and prints nothing.
    """
    return {
        _SCRIPT: f"""\
{wait}{{
    echo
{lines}    echo "announce end"
}} >/dev/ttyS0
""",
        _UNIT: f"""\
[Unit]
Description=Say on the serial port what {what}
After={after}
OnSuccess=serial-getty@ttyS0.service

[Service]
Type=exec
ExecStart=/bin/sh {_SCRIPT}

[Install]
WantedBy=multi-user.target
""",
    }
