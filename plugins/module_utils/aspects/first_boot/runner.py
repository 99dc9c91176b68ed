# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner: the program that does at the first boot what was asked for. Its text, for sh of any kind."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ...model.first_boot import VERIFY_TAG
from .hooks import DIRECTORY, LOG, RUNNER, Hook
from .managers import Manager


@dataclass(frozen=True)
class Job:
    """What the runner does.

    manager: installs names and files; None where there are none. services: of what was installed, to be started; those
    that are not there are passed over. script: the command line of the user's script, empty for none.
    """

    manager: Manager | None
    names: Sequence[str]
    files: Sequence[str]
    services: Sequence[str]
    script: Sequence[str]


# The paths are taken from where the runner is, so that it can be run elsewhere.
_BEGIN = f"""\
#!/bin/sh
# Written by guestconv: what was asked for at the first boot of this guest on its new hypervisor. It runs once.
# To repeat it after a failure: mv {DIRECTORY}/ran {DIRECTORY}/pending, then run this file.
top=${{0%{RUNNER}}}
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
failed=

cd "$top{DIRECTORY}" || exit 1
[ -e pending ] || exit 0
# What guestconv_verify boots is thrown away.
if grep -qs {VERIFY_TAG} "$top/sys/class/dmi/id/chassis_asset_tag"; then
    exit 0
fi
# The script may print secrets.
mkdir -p "$top/var/log"
(umask 077 && : >>"$top{LOG}") || exit 1
exec >>"$top{LOG}" 2>&1 </dev/null
# Before anything else: there is no second run, whatever happens in this one.
mv pending ran || exit 1
sync

say() {{
    echo "$(date '+%Y-%m-%d %H:%M:%S') guestconv: $*"
    logger -t guestconv-first-boot "$*" 2>/dev/null
}}
"""

# The network may be late, and another program may have locked the package manager: five minutes in all.
_REPEAT = """
repeat() {
    for seconds in 10 20 40 80 160; do
        "$@" && return
        say "Failed: $1. It is repeated in $seconds seconds."
        sleep "$seconds"
    done
    "$@"
}
"""

_SERVICE = """
start_service() {
    if [ -d "$top/run/systemd/system" ]; then
        systemctl enable "$1"
        systemctl --no-block start "$1"
    elif [ -e "$top/etc/init.d/$1" ] && command -v rc-update >/dev/null; then
        rc-update add "$1" default
        rc-service "$1" start
    elif [ -e "$top/etc/init.d/$1" ]; then
        command -v chkconfig >/dev/null && chkconfig "$1" on
        "$top/etc/init.d/$1" start
    fi
} >/dev/null 2>&1
"""

_END = """
if [ -n "$failed" ]; then
    say "The first boot failed:$failed."
    echo failed >>ran
    exit 1
fi
say 'The first boot is complete.'
echo succeeded >>ran
rm -rf script files
"""


def text(job: Job, hook: Hook) -> str:
    """The runner's text."""
    parts = [_BEGIN]
    if job.manager:
        parts.append(_REPEAT)
        if job.files:
            parts.append(_files(job.manager, job.files))
        if job.names:
            parts.append(_names(job.manager, job.names))
    if job.services:
        parts += [_SERVICE, "\n", *(f"start_service {shlex.quote(service)}\n" for service in job.services)]
    if job.script:
        parts.append(_script(job.script))
    return "".join([*parts, _END, _removal(hook)])


def _files(manager: Manager, files: Sequence[str]) -> str:
    paths = shlex.join(f"./files/{name}" for name in files)
    again = [manager.update] if manager.update else []
    return _function(
        "install_files", [f"{manager.local} {paths} && return", *again, f"{manager.with_dependencies} {paths}"]
    )


def _names(manager: Manager, names: Sequence[str]) -> str:
    lines = [
        "set --",
        f"for name in {shlex.join(names)}; do",
        '    is_installed "$name" || set -- "$@" "$name"',
        "done",
        "[ $# -eq 0 ] && return",
        *([manager.update] if manager.update else []),
        f'{manager.by_name} "$@"',
    ]
    return f"\nis_installed() {{\n    {manager.is_installed}\n}} >/dev/null 2>&1\n" + _function(
        "install_packages", lines
    )


def _function(name: str, lines: Sequence[str]) -> str:
    """A function, which is repeated until it succeeds."""
    body = "".join(f"    {line}\n" for line in lines)
    what = name.replace("install_", "")
    return f"""
{name}() {{
{body}}}
say 'Installing {what}.'
repeat {name} || failed="$failed {what}"
"""


def _script(command: Sequence[str]) -> str:
    return f"""
say 'The script begins.'
{shlex.join(command)}
status=$?
say "The script ended with status $status."
[ "$status" -eq 0 ] || failed="$failed script"
"""


def _removal(hook: Hook) -> str:
    """What takes the hook back. The file of the inittab stays, with its owner, permissions and label."""
    lines = []
    if hook.line:
        inittab = '"$top/etc/inittab"'
        lines.append(f"grep -vxF {shlex.quote(hook.line)} {inittab} >inittab && cat inittab >{inittab}")
    paths = " ".join(f'"$top{path}"' for path in hook.paths)
    lines.append(f"rm -f inittab run{paths and ' '}{paths}")
    return "\n".join(lines) + "\n"
