# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each init starts the runner once, after the services of the boot, without anything waiting for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .. import inits

DIRECTORY = "/var/lib/guestconv/first-boot"
RUNNER = f"{DIRECTORY}/run"
LOG = "/var/log/guestconv-first-boot.log"

_NAME = "guestconv-first-boot"
_TITLE = "First boot after the conversion by guestconv"


@dataclass(frozen=True)
class Hook:
    """What has an init start the runner.

    files: {path: text}. programs: those of them that must be executable. links: {path: where to}. line: of the inittab.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    programs: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    line: str = ""

    @property
    def paths(self) -> list[str]:
        """All that is the hook's alone."""
        return [*self.links, *self.files]


# It is wanted by the target that it comes after, which then does not wait for it (systemd.target(5): a target comes
# after what it wants, but what is ordered the other way round), as cloud-init's last stage does.
_UNIT = f"""\
[Unit]
Description={_TITLE}
ConditionPathExists={DIRECTORY}/pending
RequiresMountsFor={DIRECTORY} {LOG}
Wants=network-online.target
After=network-online.target multi-user.target

[Service]
Type=oneshot
ExecStart=/bin/sh {RUNNER}
TimeoutStartSec=0

[Install]
WantedBy=multi-user.target
"""

# Both releases of upstart that distributions had run the scripts of sysvinit as the job rc, and their getty jobs start
# at the same event.
_JOB = f"""\
description "{_TITLE}"
start on stopped rc RUNLEVEL=[2345]
task
exec /bin/sh {RUNNER}
"""

# rc waits for a service to start.
_SERVICE = f"""\
#!/sbin/openrc-run
description="{_TITLE}"

depend() {{
    need localmount
    after *
}}

start() {{
    [ -e {DIRECTORY}/pending ] || return 0
    start-stop-daemon --start --background --exec /bin/sh -- {RUNNER}
}}
"""

_UNIT_PATH = f"/etc/systemd/system/{_NAME}.service"
_SERVICE_PATH = f"/etc/init.d/{_NAME}"

# In an inittab a line of the action `once` is run after those of `wait` above it, by which the services are started
# (inittab(5); busybox's init/init.c), and nothing waits for it. BusyBox has a terminal where sysvinit has an id.
HOOKS: Mapping[str, Hook] = {
    inits.SYSTEMD: Hook(
        files={_UNIT_PATH: _UNIT},
        links={f"/etc/systemd/system/multi-user.target.wants/{_NAME}.service": _UNIT_PATH},
    ),
    inits.UPSTART: Hook(files={f"/etc/init/{_NAME}.conf": _JOB}),
    inits.OPENRC: Hook(
        files={_SERVICE_PATH: _SERVICE},
        programs=frozenset((_SERVICE_PATH,)),
        links={f"/etc/runlevels/default/{_NAME}": _SERVICE_PATH},
    ),
    inits.BUSYBOX: Hook(line=f"::once:/bin/sh {RUNNER}"),
    inits.SYSVINIT: Hook(line=f"gcfb:2345:once:/bin/sh {RUNNER}"),
}


def with_line(text: str, line: str) -> str:
    """text of an inittab with the line at its end, unless it is there."""
    if line in text.split("\n"):
        return text
    return text + ("" if text.endswith("\n") or not text else "\n") + line + "\n"
