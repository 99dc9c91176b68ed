# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dpkg and apt.

dpkg's database is text, so it is read here: the guest's own programs take a second and more each under emulation, and
an appliance of another architecture cannot run them at all. Only what changes the database is left to dpkg.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from .dependencies import left_without, only_needed_by
from .manager import Application, Door, Package, epoch_number

# Bytes for what else a removal writes: logs, the lists of files of what stays for now, caches of triggers.
_SPARE = 1024 * 1024


class Dpkg:
    """dpkg and apt, in a mounted root."""

    FORMAT = "deb"

    _INFO = "/var/lib/dpkg/info"
    _STATUS = "/var/lib/dpkg/status"
    _UPDATES = "/var/lib/dpkg/updates"
    # Which packages apt installed as dependencies of others.
    _EXTENDED_STATES = "/var/lib/apt/extended_states"
    _UPDATE_INITRAMFS = "/etc/initramfs-tools/update-initramfs.conf"
    _POLICY = "/usr/sbin/policy-rc.d"

    def __init__(self, root: Door) -> None:
        self._root = root

    def has(self, pattern: str) -> bool:
        """Whether packages whose names match the shell pattern are installed, or were and left configuration files.

        It costs next to nothing, unlike packages().
        """
        # The file is NAME:ARCH.list for packages that may be there for several architectures at once.
        return any(self._root.glob(f"{self._INFO}/{pattern}{arch}.list") for arch in ("", ":*"))

    def packages(self) -> list[Package]:
        """The installed packages, a list of Package."""
        return parse_status(self._root.read(self._STATUS) or "", self._root.read(self._EXTENDED_STATES) or "")

    def applications(self) -> list[Application]:
        """The installed packages as applications() returns them."""
        found = []
        for package in self.packages():
            epoch, version, release = split_version(package.version)
            found.append(
                Application(name=package.name, epoch=epoch, version=version, release=release, arch=package.arch)
            )
        return found

    def removal(self) -> Dpkg:
        """It removes packages itself."""
        return self

    def needed_only_by(self, going: Sequence[Package], packages: Sequence[Package]) -> list[Package]:
        """As of manager.Removal: what `apt-get autoremove` would newly offer, and rather less."""
        return only_needed_by(going, packages)

    def needing(self, going: Sequence[Package], packages: Sequence[Package]) -> list[Package]:
        """As of manager.Removal: dpkg would not let these go."""
        return left_without(going, packages)

    def room(self) -> tuple[str, int]:
        """As of manager.Removal: dpkg writes its whole status next to the old one, before it renames it."""
        status = self._root.read(self._STATUS) or ""
        return posixpath.dirname(self._STATUS), len(status.encode("utf-8", "surrogateescape")) + _SPARE

    def remove(self, packages: Sequence[Package], detail: str) -> None:
        """Remove packages (Package) with their configuration files. Raises GuestconvError.

        No network is used, and no initrd is made anew. What is recorded are the command, and the configuration files
        that somebody had changed: with their texts, which nothing else has.
        """
        edited = [path for package in packages for path, md5 in package.conffiles if self._md5(path) not in (md5, None)]
        with self._initrds_left_alone(), self._services_left_alone(), self._journal_in_memory():
            self._root.run(["dpkg", "--purge", *self._arguments(packages)], detail, edited, self._files(packages))
        states = self._root.read(self._EXTENDED_STATES)
        if states is not None:
            # As apt does. Left there, a package that someone installs later with dpkg alone would count as automatic,
            # and be gone with the next `apt-get autoremove`.
            self._root.write(self._EXTENDED_STATES, forget(states, packages), "apt forgets what is gone")

    def _journal_in_memory(self) -> AbstractContextManager[None]:
        """Have dpkg's journal in memory while the block runs: changes of status, until it writes that as a whole.

        dpkg syncs it to the disk eight times a package, so that it can go on after a crash; after a crash of the
        appliance the guest is as it was before. Without that a purge takes an eighth less.
        """
        # What an interrupted dpkg left there is what the next one goes on from.
        is_empty = self._root.is_dir(self._UPDATES) and not self._root.list(self._UPDATES)
        return self._root.in_memory(self._UPDATES) if is_empty else nullcontext()

    def _files(self, packages: Sequence[Package]) -> Iterator[str]:
        """The paths of what dpkg removes, and of its database. They are only looked up if they are asked for."""
        yield from (self._STATUS, f"{self._STATUS}-old")
        for package in packages:
            for name in (package.name, f"{package.name}:{package.arch}"):
                listed = self._root.read(f"{self._INFO}/{name}.list") or ""
                yield from filter(lambda path: path.startswith("/") and path != "/.", listed.split("\n"))

    def _arguments(self, packages: Sequence[Package]) -> list[str]:
        counts = Counter(package.name for package in packages)
        return [p.name if counts[p.name] == 1 else f"{p.name}:{p.arch}" for p in packages]

    def _md5(self, path: str) -> str | None:
        content = self._root.read_bytes(path)
        return None if content is None else hashlib.md5(content, usedforsecurity=False).hexdigest()

    @contextmanager
    def _initrds_left_alone(self) -> Iterator[None]:
        """Keep update-initramfs from making initrds while the block runs.

        fuse3 and others trigger it when they go (deb-triggers(5)). It would take minutes, and see the appliance's
        hardware in the place of the target's. `dpkg --no-triggers` would leave initramfs-tools in the state
        triggers-pending, about which `dpkg --audit` and monitoring complain.
        """
        text = self._root.read(self._UPDATE_INITRAMFS)
        if text is None:
            yield
            return
        # A shell fragment: the last assignment is the one that counts.
        self._root.write(self._UPDATE_INITRAMFS, text + "\nupdate_initramfs=no\n", "no initrd is made for now")
        yield
        self._root.write(self._UPDATE_INITRAMFS, text, "initrds are made again")

    @contextmanager
    def _services_left_alone(self) -> Iterator[None]:
        """Keep the packages' scripts from stopping services while the block runs: in the appliance none is running.

        invoke-rc.d(8) asks policy-rc.d, and takes 101 for "do not" (README.policy-rc.d of init-system-helpers).
        """
        if self._root.exists(self._POLICY):
            yield
            return
        self._root.write(self._POLICY, "#!/bin/sh\nexit 101\n", "no service is touched for now", mode=0o755)
        yield
        self._root.remove(self._POLICY, "services are touched again")


def parse_status(status: str, extended_states: str = "") -> list[Package]:
    """The installed packages in a /var/lib/dpkg/status (dpkg-query(1), deb-control(5)): a list of Package."""
    marked = [stanza for stanza in _stanzas(extended_states) if stanza.get("Auto-Installed") == "1"]
    automatic = {(stanza["Package"], arch) for stanza in marked for arch in (stanza.get("Architecture"), "all")}
    packages = []
    for stanza in _stanzas(status):
        # "want flag status". Anything between unpacked and installed has files on the disk, and dependencies.
        if stanza.get("Status", "").split()[-1:] in ([], ["not-installed"], ["config-files"]):
            continue
        name, arch = stanza["Package"], stanza.get("Architecture", "")
        depends = _groups(stanza.get("Pre-Depends", "")) + _groups(stanza.get("Depends", ""))
        packages.append(
            Package(
                name,
                stanza.get("Version", ""),
                arch,
                (name, arch) in automatic and not _is_kept(stanza),
                depends,
                _names(stanza.get("Recommends", "")),
                _names(stanza.get("Suggests", "")),
                _names(stanza.get("Provides", "")) | {name},
                _conffiles(stanza.get("Conffiles", "")),
            )
        )
    return packages


def _is_kept(stanza: Mapping[str, str]) -> bool:
    """Whether apt never removes the package by itself: dpkg's own protection, and apt's for kernels (01autoremove)."""
    protected = any(stanza.get(field) == "yes" for field in ("Essential", "Protected", "Important"))
    return protected or re.match(r"linux-|firmware-", stanza["Package"]) is not None


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    for block in re.split(r"\n{2,}", text):
        stanza: dict[str, list[str]] = {}
        field = None
        for line in block.split("\n"):
            if line[:1] in (" ", "\t"):
                if field is not None:
                    stanza[field].append(line.strip())
            else:
                field, _colon, value = line.partition(":")
                stanza[field] = [value.strip()]
        if "Package" in stanza:
            yield {field: "\n".join(lines) for field, lines in stanza.items()}


def _groups(relation: str) -> tuple[frozenset[str], ...]:
    """Each of the comma-separated dependencies as the set of names of its alternatives."""
    groups = (frozenset(_name(one) for one in group.split("|")) for group in relation.split(",") if group.strip())
    return tuple(groups)


def _names(relation: str) -> frozenset[str]:
    return frozenset[str]().union(*_groups(relation))


def _name(alternative: str) -> str:
    """`libc6` of "libc6:any (>= 2.34)"."""
    return re.split(r"[\s(:]", alternative.strip(), maxsplit=1)[0]


def _conffiles(field: str) -> tuple[tuple[str, str], ...]:
    """The pairs (path, MD5 sum); `obsolete` may follow, and `newconffile` stands for no sum."""
    words = (line.split() for line in field.split("\n") if line.strip())
    return tuple((line[0], line[1]) for line in words if len(line) > 1)


def split_version(version: str) -> tuple[int | None, str, str | None]:
    """epoch, version and release of a Debian version: [epoch:]upstream[-revision] (deb-version(7))."""
    epoch, colon, rest = version.partition(":")
    if not colon or epoch_number(epoch) is None:
        epoch, rest = "", version
    upstream, hyphen, revision = rest.rpartition("-")
    return epoch_number(epoch), upstream if hyphen else revision, revision if hyphen else None


def forget(extended_states: str, packages: Iterable[Package]) -> str:
    """extended_states, the text of apt's file, without the stanzas of packages."""
    gone = {(package.name, package.arch) for package in packages}
    # As apt writes it, each stanza ends with an empty line.
    blocks = re.split(r"(?<=\n\n)(?!\n)", extended_states)
    return "".join(block for block in blocks if not any(_is_of(stanza, gone) for stanza in _stanzas(block)))


def _is_of(stanza: Mapping[str, str], keys: Collection[tuple[str, str]]) -> bool:
    """Whether a stanza of extended_states is of a package in keys. apt writes its own architecture for `all`."""
    return any((stanza["Package"], arch) in keys for arch in (stanza.get("Architecture"), "all"))
