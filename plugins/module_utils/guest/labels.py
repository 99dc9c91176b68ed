# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SELinux labels of what a conversion has written: those that the guest's own policy has for the paths.

The appliance's kernel has no SELinux, so a file that is made there has no label, be it made by the door or by a program of
the guest, and a guest that enforces its policy may not read such a file (`unlabeled_t`). The guest's matchpathcon(8)
says which label a path has by the policy that the guest's /etc/selinux/config names, with what the administrator added
to it: by the rules of libselinux, for paths as they are in the guest, and of the type that the file has. It reads files
and needs no SELinux in the kernel. What has a label keeps it, unless its path is new; nothing else is labelled.

On a guest without SELinux all this costs one call, and where nothing was written none.
"""

from __future__ import annotations

import errno
import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Callable, Protocol

from ..appliance.appliance import Appliance
from ..appliance.failures import ApplianceError, CallFailed, TextNotUtf8
from ..model.concerns import Concern

# Of xattr(7).
NAME = "security.selinux"

_CONFIG = "/etc/selinux/config"
# libselinux, src/selinux_config.c: where the file does not say it.
_DEFAULT_TYPE = "targeted"
_TYPE = "SELINUXTYPE="
_ACTIVE = ("enforcing", "permissive")
# A context has user, role and type, and with MLS or MCS a range, which may have colons and commas itself.
_CONTEXT = re.compile(r"[^\s:]+:[^\s:]+:[^\s:]+(:[^\s]+)?")
# What matchpathcon prints for a path that is to have no label.
_NONE = "<<none>>"
# Paths of one command line, paths in all, and seconds. A purge of a few packages changes some hundred files.
_AT_ONCE = 200
_MOST = 4000
_SECONDS = 60
_SHOWN = 3

# What changed since the appliance was started, of all that programs of packages write to; a line per path, from the root.
# Those that are not ASCII are only counted. The guest is mounted at $root (libguestfs, daemon/debug.c). A change of the
# inode (ctime) can be dated by no program, other than that of its content.
SCRIPT = (
    'export LC_ALL=C; cd "$root" || exit 1; now=$(date +%s); up=$(cut -d. -f1 /proc/uptime); '
    f"timeout {_SECONDS} find . '(' -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./home "
    "-o -path ./srv -o -path ./media -o -path ./mnt -o -path ./lost+found ')' -prune "
    '-o -newerct "@$((now - up - 1))" ! -newerct "@$((now + 1))" '
    "'(' -path '*[! -~]*' -printf '?\\n' -o -printf '%p\\n' ')' 2>/dev/null; "
    "[ $? = 124 ] && echo '!'; exit 0"
)


@dataclass
class Written:
    """What was written to a root.

    new: paths at which there was nothing. changed: those of files that were there. by_programs: whether programs of the
    guest wrote, so that there may be further ones.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    by_programs: bool = False

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.by_programs)


class Root(Protocol):
    """What is needed of the door (root.GuestRoot)."""

    name: str

    def read(self, path: str) -> str | None:
        """The text of a file, None when there is none."""

    def is_file(self, path: str) -> bool:
        """Whether there is a file."""


def policy(config: str) -> str | None:
    """The name of the policy that is loaded, by the text of /etc/selinux/config; None where SELinux is disabled.

    As libselinux reads it (src/selinux_config.c): the first valid SELINUX= counts, at the beginning of its line, and the
    last SELINUXTYPE=.
    """
    modes = (line[len("SELINUX=") :].strip().lower() for line in config.split("\n") if line.startswith("SELINUX="))
    mode = next((mode for mode in modes if mode.startswith((*_ACTIVE, "disabled"))), "")
    if not mode.startswith(_ACTIVE):
        return None
    lines = (line.strip() for line in config.split("\n"))
    types = [line[len(_TYPE) :].strip() for line in lines if line[: len(_TYPE)].upper() == _TYPE]
    name = types[-1] if types else _DEFAULT_TYPE
    return name if re.fullmatch(r"[\w.+-]+", name, re.ASCII) and name not in (".", "..") else None


def restore(root: Root, appliance: Appliance, written: Written, hidden: Callable[[], Iterable[str]]) -> Concern | None:
    """Label what was written to a mounted root that has SELinux. The concern about what has no sure label afterwards.

    hidden: makes directories visible that something is mounted on, and returns their paths.
    """
    name = policy(root.read(_CONFIG) or "") if written else None
    if name is None or not root.is_file(f"/etc/selinux/{name}/contexts/files/file_contexts"):
        return None
    labels = _Labels(root, appliance)
    if labels.current("/") is None:
        # Nothing on it was ever labelled: that is left to the guest, which must label all of it before it can enforce.
        return None
    changed = [*written.changed, *(labels.found() if written.by_programs else ())]
    labels.give(written.new, changed)
    labels.give(list(hidden()), ())
    return labels.concern()


class _Labels:
    """The labels of a mounted root."""

    def __init__(self, root: Root, appliance: Appliance) -> None:
        self._root = root
        self._appliance = appliance
        self._real: dict[str, str] = {}
        # What went wrong, as sentences without an end, and with which paths.
        self._reasons: dict[str, list[str]] = {}

    def current(self, path: str) -> str | None:
        """The label of what is at path, a symbolic link itself; None where it has none."""
        found = [each["attrval"] for each in self._appliance.lgetxattrs(path) if each["attrname"] == NAME]
        return found[0].rstrip(b"\0").decode("ascii", "replace") if found else None

    def found(self) -> list[str]:
        """The paths of what changed since the appliance was started."""
        try:
            lines = self._appliance.shell(SCRIPT).split("\n")
        except (ApplianceError, AttributeError):
            # The latter where libguestfs was built without the call.
            self._reasons["Files that guest programs wrote could not be searched for"] = []
            return []
        paths = [line[1:] for line in lines if line.startswith("./")]
        if "!" in lines or len(paths) > _MOST:
            self._reasons["Guest programs wrote more files than were looked at"] = []
        if "?" in lines:
            self._reasons[f"{lines.count('?')} files that guest programs wrote have names that are not ASCII"] = []
        return paths[:_MOST]

    def give(self, new: Iterable[str], changed: Iterable[str]) -> None:
        """Give each path its label; those that are not new have one unless they have none."""
        fresh = {self._resolved(path) for path in new}
        paths = [path for path in dict.fromkeys([*map(self._resolved, (*new, *changed))]) if self._lacks(path, fresh)]
        for start in range(0, len(paths), _AT_ONCE):
            some = paths[start : start + _AT_ONCE]
            for path, label in zip(some, self._by_policy(some)):
                self._set(path, label)

    def concern(self) -> Concern | None:
        """The concern about what went wrong; None when nothing did."""
        if not self._reasons:
            return None
        paths = list(dict.fromkeys(path for some in self._reasons.values() for path in some))
        listed = f": {', '.join(paths[:_SHOWN])}{' and others' if len(paths) > _SHOWN else ''}"
        told = " ".join(f"{reason}." for reason in self._reasons)
        return Concern(
            "selinux-labels-incomplete",
            "warning",
            f"Files that were written on {self._root.name} may lack the SELinux label that the guest's policy has for them"
            f"{listed if paths else ''}. {told}",
            f"Run `restorecon -F {' '.join(paths[:_SHOWN])}` in the guest."
            if 0 < len(paths) <= _SHOWN
            else "Run `restorecon -R -F /etc /boot /usr /var` in the guest, or `fixfiles onboot` before it restarts.",
        )

    def _resolved(self, path: str) -> str:
        """path without symbolic links above its last part: that is what the policy has labels for."""
        above, name = posixpath.split(path)
        if above not in self._real:
            self._real[above] = self._appliance.realpath(above) if self._appliance.exists(above) else above
        return posixpath.join(self._real[above], name)

    def _lacks(self, path: str, fresh: set[str]) -> bool:
        try:
            return self.current(path) is None or path in fresh
        except (CallFailed, TextNotUtf8):
            # It is gone again.
            return False

    def _by_policy(self, paths: Sequence[str]) -> list[str | None]:
        """The label of each path by the policy; None for one that is to have none. If not known, its directory's."""
        try:
            lines = self._appliance.command(["matchpathcon", "-N", "-n", *paths]).split("\n")[:-1]
        except ApplianceError as error:
            why = error.message.rpartition(": ")[2].strip().rstrip(".")
            return self._by_directory(paths, f"`matchpathcon` failed in the guest ({why})")
        if len(lines) != len(paths) or not all(each == _NONE or _CONTEXT.fullmatch(each) for each in lines):
            return self._by_directory(paths, "What `matchpathcon` printed in the guest is not understood")
        return [None if line == _NONE else line for line in lines]

    def _by_directory(self, paths: Sequence[str], reason: str) -> list[str | None]:
        """The labels of the directories of paths, outermost first, as the kernel gives them without a rule."""
        self._reasons.setdefault(reason, []).extend(paths)
        labels: dict[str, str | None] = {}
        for path in paths:
            above = posixpath.dirname(path)
            labels[path] = labels[above] if above in labels else self.current(above)
        return [labels[path] for path in paths]

    def _set(self, path: str, label: str | None) -> None:
        if label is None:
            return
        try:
            # A string of C's, with its end.
            self._appliance.lsetxattr(NAME, label, len(label) + 1, path)
        except CallFailed as error:
            if error.errno == errno.EOPNOTSUPP:
                # FAT knows no labels.
                return
            self._reasons.setdefault(error.message.rstrip("."), []).append(path)
