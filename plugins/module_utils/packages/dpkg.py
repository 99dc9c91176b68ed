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
from dataclasses import replace

from .dependencies import judged
from .manager import SECONDS, Application, DatabaseDamaged, Door, Judged, Package, epoch_number, listed

# Bytes for what else a removal writes: logs, the lists of files of what stays for now, caches of triggers.
_SPARE = 1024 * 1024


class Dpkg:
    """dpkg and apt, in a mounted root."""

    FORMAT = "deb"
    KNOWS_DEPENDENCIES = True
    REMOVES_DEPENDENCIES = False

    _INFO = "/var/lib/dpkg/info"
    _STATUS = "/var/lib/dpkg/status"
    _UPDATES = "/var/lib/dpkg/updates"
    # Which packages apt installed as dependencies of others.
    _EXTENDED_STATES = "/var/lib/apt/extended_states"
    _UPDATE_INITRAMFS = "/etc/initramfs-tools/update-initramfs.conf"
    _POLICY = "/usr/sbin/policy-rc.d"
    _DIVERSIONS = "/var/lib/dpkg/diversions"

    def __init__(self, root: Door) -> None:
        self._root = root

    def names(self) -> list[str]:
        """The names of packages that are installed, or were and left configuration files.

        It costs next to nothing, unlike packages().
        """
        # The file is NAME:ARCH.list for packages that may be there for several architectures at once.
        lists = (name[: -len(".list")] for name in self._root.list(self._INFO) if name.endswith(".list"))
        return [name.partition(":")[0] for name in lists]

    def packages(self) -> list[Package]:
        """The installed packages, a list of Package. Raises DatabaseDamaged."""
        status = self._root.read(self._STATUS) or ""
        reason = damage(status)
        if reason:
            raise DatabaseDamaged(f"{self._STATUS} {reason}.")
        if any(name.isdecimal() for name in self._root.list(self._UPDATES)):
            # Its journal, of which each file with a number is a change that the status does not have yet.
            raise DatabaseDamaged(f"dpkg was interrupted: {self._UPDATES} has changes that {self._STATUS} lacks.")
        return parse_status(status, self._root.read(self._EXTENDED_STATES) or "")

    def judged(self, own: Sequence[Package], packages: Sequence[Package]) -> Judged:
        """As of manager.Removal. What somebody has diverted a file of stays."""
        diversions = diverted(self._root.read(self._DIVERSIONS) or "")
        held = {each: replace(each, hold=self._diverted(each, diversions)) for each in own if not each.hold}
        own = [held.get(each, each) for each in own]
        return judged(own, [held.get(each, each) for each in packages])

    def _diverted(self, package: Package, diversions: Mapping[str, str]) -> str:
        """Why a package must stay by these diversions, "" where they do not concern it."""
        files = self._listed(package) if diversions else ()
        path = next((path for path in files if diversions.get(path, package.name) != package.name), None)
        return f"its file {path} is diverted (dpkg-divert)" if path else ""

    def applications(self) -> list[Application]:
        """The installed packages as applications() returns them."""
        packages = parse_status(self._root.read(self._STATUS) or "")
        return [listed(package, *split_version(package.version)) for package in packages]

    def removal(self) -> Dpkg:
        """It removes packages itself."""
        return self

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
            self._root.run(
                ["dpkg", "--purge", *self._arguments(packages)], detail, edited, self._files(packages), SECONDS
            )
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
            yield from self._listed(package)

    def _listed(self, package: Package) -> Iterator[str]:
        """The paths of a package's files."""
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
                _hold(stanza),
            )
        )
    return packages


def damage(status: str) -> str:
    """What is wrong with the text of /var/lib/dpkg/status, as the end of a sentence; "" where dpkg can read it.

    As dpkg's own parser (lib/dpkg/parse.c): each line is a field or goes one on, each stanza has a Package and a Status.
    What a crash leaves of a file that was not synced is a part of it, or zeros.
    """
    if not status.strip():
        return "is missing or empty"
    for block in re.split(r"\n{2,}", status.strip("\n")):
        lines = block.split("\n")
        first = lines[0].partition(":")
        if "\0" in block:
            return "has NUL characters in it"
        wrong = next((line for line in lines if line[:1] not in (" ", "\t") and ":" not in line), None)
        if wrong is not None or lines[0][:1] in (" ", "\t"):
            return f"cannot be read at {(wrong or first[0])[:40]!r}"
        fields = {line.partition(":")[0] for line in lines}
        if not {"Package", "Status"} <= fields:
            return f"has a stanza without {'Status' if 'Package' in fields else 'Package'}, at {lines[0][:40]!r}"
    return ""


def diverted(text: str) -> dict[str, str]:
    """{path: the package that diverts it, ":" for the administrator} of /var/lib/dpkg/diversions.

    It has three lines for each: the path, where it is diverted to, and by whom (lib/dpkg/db-fsys-divert.c).
    """
    lines = text.split("\n")
    return dict(zip(lines[::3], lines[2::3]))


def _hold(stanza: Mapping[str, str]) -> str:
    """Why dpkg is not to remove the package, or would not, as the end of a sentence; "" where nothing is in the way."""
    words = stanza.get("Status", "").split()
    if words[:1] == ["hold"]:
        return "it is on hold"
    if words[1:2] == ["reinstreq"] or words[-1:] == ["half-installed"]:
        return "its installation was not finished (dpkg --audit)"
    if any(stanza.get(field) == "yes" for field in ("Essential", "Protected")):
        return "dpkg protects it"
    return ""


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
