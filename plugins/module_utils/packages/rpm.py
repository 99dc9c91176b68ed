# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rpm.

Its database is binary, in a format of each time (Berkeley DB, SQLite, ndb), so the guest's own rpm is asked.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..errors import CommandFailed
from ..texts import globs
from .manager import SECONDS, Application, DatabaseDamaged, Door, Judged, Package, epoch_number

# What is asked may wait for a lock for ever (rpm, lib/rpmlock.c).
_SECONDS_TO_ANSWER = 120
# Capabilities of which it is asked what provides them: each is a call of the program. Real tools have a handful.
_MOST_ASKED = 100
_SPARE = 8 * 1024 * 1024

# Names of packages of kernel modules. Their scripts rebuild initrds (weak-modules; SUSE's regenerate-initrd), on the
# appliance's hardware in the place of the target's. Their modules are loaded by no device that the target has.
_MODULES = ("kmod-*", "*-kmod", "*-kmod-*", "*-kmods-*", "*-kmp", "*-kmp-*")

# yum's and dnf's version locks: a pattern a line (dnf-plugins-core, doc/versionlock.rst); zypper's; and dnf5's.
_LOCKS = ("/etc/yum/pluginconf.d/versionlock.list", "/etc/dnf/plugins/versionlock.list")
_ZYPPER_LOCKS = "/etc/zypp/locks"
_DNF5_LOCKS = "/etc/dnf/versionlock.toml"


class Rpm:
    """rpm, in a mounted root."""

    FORMAT = "rpm"
    KNOWS_DEPENDENCIES = False
    REMOVES_DEPENDENCIES = False

    _FIELDS = 5
    _DATABASES = ("/var/lib/rpm", "/usr/lib/sysimage/rpm")

    def __init__(self, root: Door) -> None:
        self._root = root

    def applications(self) -> list[Application]:
        """The installed packages. Raises GuestconvError."""
        found = []
        for name, epoch, version, release, arch in self._listed():
            found.append(
                Application(
                    name=name or "", epoch=epoch_number(epoch), version=version or "", release=release, arch=arch
                )
            )
        return found

    def _listed(self) -> list[list[str | None]]:
        """The installed packages, of each what applications() has. Raises CommandFailed."""
        # rpm writes (none) for a tag that a package does not have, and a tab and newline for \t and \n.
        fields = r"%{NAME}\t%{EPOCH}\t%{VERSION}\t%{RELEASE}\t%{ARCH}\n"
        printed = self._root.ask(["rpm", "-qa", "--queryformat", fields], _SECONDS_TO_ANSWER)
        rows = [[None if word == "(none)" else word for word in line.split("\t")] for line in printed.split("\n")]
        # The public keys that rpm trusts stand in its database as if they were packages.
        return [words for words in rows if len(words) == self._FIELDS and words[0] != "gpg-pubkey"]

    def removal(self) -> Rpm:
        """It removes packages itself."""
        return self

    def names(self) -> None:
        """None: it takes a guest program, and a second or more."""
        return

    def packages(self) -> list[Package]:
        """As of manager.Removal. What they need of each other is left to rpm's own test (judged)."""
        try:
            rows = self._listed()
        except CommandFailed as error:
            raise DatabaseDamaged(error.message) from error
        if not rows:
            # A system has at least rpm itself; so says a database that is not there any more, with success.
            raise DatabaseDamaged("rpm lists no packages.")
        found = []
        for name, epoch, version, release, arch in rows:
            number = f"{epoch}:" if epoch not in (None, "0") else ""
            found.append(
                Package(name or "", f"{number}{version}-{release}", arch or "", names=frozenset((name or "",)))
            )
        return found

    def judged(self, own: Sequence[Package], packages: Sequence[Package]) -> Judged:
        """As of manager.Removal, by a test transaction: rpm itself says what cannot do without what.

        Which packages were installed as dependencies is known to dnf, yum or zypper, each in a database of its own; so
        dependencies are none here, and the administrator's `dnf autoremove` knows them.
        """
        locks = self._locks()
        reasons = {each: reason for each in own if (reason := _hold(each, locks))}
        while going := [each for each in own if each not in reasons]:
            needed = self._needed(going)
            if not needed:
                break
            reasons.update(needed)
        return Judged(tuple(going), tuple((replace(each, hold=why), why) for each, why in reasons.items()))

    def _needed(self, going: Sequence[Package]) -> dict[Package, str]:
        """{one of going: why it must stay}, by a test of the removal; {} where rpm would remove them.

        Raises DatabaseDamaged, where the test fails for another reason.
        """
        try:
            self._root.ask(["rpm", "-e", "--test", *map(_spelled, going)], _SECONDS_TO_ANSWER)
        except CommandFailed as error:
            users = needed_by(error.message)
            if not users:
                raise DatabaseDamaged(error.message) from error
        else:
            return {}
        found: dict[Package, str] = {}
        for capability, user in list(dict(users).items())[:_MOST_ASKED]:
            provided = self._provided_by(capability)
            for each in going:
                if each.name in provided:
                    found[each] = f"{user} cannot do without it"
        # What provides it cannot be found out: rather none of them goes than one that is needed.
        return found or dict.fromkeys(going, f"{users[0][1]} cannot do without it")

    def _provided_by(self, capability: str) -> list[str]:
        query = ["rpm", "-q", "--whatprovides", "--queryformat", r"%{NAME}\n", capability]
        try:
            return self._root.ask(query, _SECONDS_TO_ANSWER).split("\n")
        except CommandFailed:
            return []

    def _locks(self) -> list[str]:
        """Patterns of what is locked."""
        texts = [self._root.read(path) or "" for path in _LOCKS]
        patterns = [line.strip() for text in texts for line in text.split("\n")]
        patterns += zypper_locks(self._root.read(_ZYPPER_LOCKS) or "")
        patterns += dnf5_locks(self._root.read(_DNF5_LOCKS) or "")
        return [each for each in patterns if each and each[0] not in "#!"]

    def room(self) -> tuple[str, int]:
        """As of manager.Removal."""
        directory = next((each for each in self._DATABASES if self._root.is_dir(each)), "/")
        return directory, _SPARE

    def remove(self, packages: Sequence[Package], detail: str) -> None:
        """As of manager.Removal. rpm moves a configuration file that somebody has changed to NAME.rpmsave.

        The packages' scripts run: those of tools disable their services (systemctl does that without a running systemd).
        """
        self._root.run(["rpm", "-e", *map(_spelled, packages)], detail, (), (), SECONDS)


def _spelled(package: Package) -> str:
    """What rpm calls exactly this package: several versions of one name may be installed."""
    version = package.version.partition(":")[2] or package.version
    return posixpath.basename(f"{package.name}-{version}" + (f".{package.arch}" if package.arch else ""))


def _hold(package: Package, locks: Iterable[str]) -> str:
    """Why the package must stay, as the end of a sentence; "" where nothing is in the way."""
    if any(globs.fits(package.name, pattern) for pattern in _MODULES):
        return "it has kernel modules, and its removal would rebuild initrds"
    version = package.version if ":" in package.version else f"0:{package.version}"
    epoch, _colon, rest = version.partition(":")
    names = (package.name, f"{package.name}-{rest}", f"{package.name}-{version}", f"{epoch}:{package.name}-{rest}")
    spelled = [form for name in names for form in (name, f"{name}.{package.arch}")]
    locked = any(globs.fits(form, pattern) for pattern in locks for form in spelled)
    return "its version is locked" if locked else ""


def needed_by(message: str) -> list[tuple[str, str]]:
    """The pairs (capability, package that needs it) in what `rpm -e --test` says when it fails (rpm, lib/rpmps.c)."""
    found = re.findall(r"^[ \t]*(\S.*?) is needed by \(installed\) (\S+)", message, re.MULTILINE)
    # A capability may have a version: "open-vm-tools = 12.3.0".
    return [(capability.split(" ")[0], user) for capability, user in found]


def zypper_locks(text: str) -> list[str]:
    """The patterns of names in /etc/zypp/locks: stanzas of `key: value` (zypper(8), addlock)."""
    return re.findall(r"^solvable_name:\s*(\S+)", text, re.MULTILINE)


def dnf5_locks(text: str) -> list[str]:
    """The names of packages in dnf5's versionlock.toml (dnf5-plugins, versionlock)."""
    return re.findall(r"^[ \t]*name[ \t]*=[ \t]*[\"']([^\"'\n]+)[\"']", text, re.MULTILINE)
