# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests that are to be converted, as inventory hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: guests
short_description: Find guests in disks, OVAs, VMX files and libvirt
version_added: 0.1.0
description:
  - Finds virtual machines in files and in libvirt, and makes each of them a host of the inventory. Ansible never
    connects to these hosts. The roles and playbooks of this collection process a guest on a conversion host.
  - The name of the configuration file must end with C(guests.yml), C(guests.yaml), C(guestconv.yml) or
    C(guestconv.yaml), for example C(exports.guests.yml). This plugin does not read any other file, and Ansible then
    reports that the file cannot be parsed as an inventory.
  - Only the headers of disks are read, and no other program is run.
  - A guest that cannot be read is omitted with a warning, so that the other guests are still found.
requirements:
  - lxml in the Python that runs Ansible, for OVA, OVF and libvirt. Without it such guests are omitted, with a warning.
  - libvirt's Python binding in the Python that runs Ansible, for O(uri)
extends_documentation_fragment:
  - ansible.builtin.constructed
options:
  plugin:
    description: Marks the file as a configuration of this plugin.
    type: str
    required: true
    choices: [virttools.guestconv.guests]
  paths:
    description:
      - Files, directories, and patterns (V(/exports/*/*.ova)). Relative paths are relative to the directory of the
        configuration file.
      - Files that end with C(.ova), C(.ovf), C(.vmx), C(.vmtx), and C(.xml) (of a libvirt domain) describe guests. The
        disks that they name, and all other files of these disks, are not guests of their own, also if the guest itself
        cannot be read. A further disk that has the name of such a guest causes a warning, and is not a guest.
      - The names of all other disks, which end with C(.qcow2), C(.vmdk), C(.raw), C(.img), C(.vdi), C(.vhdx) or
        C(.vhd), determine the guests. V(web01-disk1.qcow2) or V(web01-sda.qcow2) is a disk of V(web01), and so is
        V(web01_1.vmdk) if V(web01.vmdk) also exists. V(disk0.qcow2), V(root.qcow2) or V(vda.qcow2) contains no name of
        a guest, and is a disk of the guest with the name of the directory. In this case, or if a disk has the name of
        the directory, a subdirectory is one guest with all disks in it.
      - The disks of a guest are in the order of their names, with C(root), C(system), C(os) or C(boot) first. The guest
        boots from the first disk.
      - A disk with backing files, such as a snapshot, is one disk with V(backing), if they are in its directory.
    type: list
    elements: str
    default: []
  uri:
    description:
      - The URI of a libvirt, such as V(qemu:///system) or V(qemu+ssh://root@kvm1/system). Its domains are guests.
      - The domains are only read. If libvirt does not answer, this is an error.
    type: str
  exclude:
    description:
      - Patterns of paths, of names of files and directories, and of names of guests that are omitted.
    type: list
    elements: str
    default: []
  recursive:
    description: Whether to search the subdirectories of O(paths), too. Hidden subdirectories and links are skipped.
    type: bool
    default: true
  strict:
    description:
      - Whether problems that cause a warning by default are errors. They are a guest that cannot be read, a name or a
        disk that two guests share, a configuration without O(paths) and O(uri), and a template of O(compose), O(groups)
        or O(keyed_groups) that fails.
    type: bool
    default: false
notes:
  - The plugin runs on the machine that runs C(ansible-playbook), and the paths are those of that machine. The
    conversion hosts must have the same files at the same paths, for example on a shared storage.
  - "The name of a host is the name of the guest or, if it has no name, of its file. Every character except letters,
    digits, C(.), C(_) and C(-) is replaced by C(-). If two guests have the same name, both get a suffix that is derived
    from their location, so that they cannot be confused, and a warning is displayed."
  - "Variables: C(guestconv_source) is the location of the guest. C(guestconv_hardware) is what is known about its
    virtual machine, in the form of the modules' option C(hardware). C(guestconv_disks) are its disks, in the form of
    the modules' option C(disks), if they are files that can be used as they are. C(guestconv_name) is its name on the
    source. C(guestconv_size) is the virtual size of all its disks in bytes, if it is known. The values are never
    evaluated as templates, whatever the name of a guest is."
  - "Groups: C(guestconv_guests) contains all guests. The other groups are C(guestconv_source_ova), C(_ovf), C(_vmx),
    C(_libvirt) and C(_disks); C(guestconv_format_qcow2) and so on, by the formats of the disks;
    C(guestconv_firmware_bios) and C(_uefi); C(guestconv_size_small) (up to 32 GiB in total), C(_medium) (up to 256
    GiB), and C(_large). If a property of a guest is not known, the guest is not in a group of that kind."
author:
  - guestconv authors (@virttools)
"""

EXAMPLES = r"""
# exports.guests.yml: everything below /exports
plugin: virttools.guestconv.guests
paths:
  - /exports

---
# vmware.guests.yml: a mounted datastore and some OVAs, without the templates
plugin: virttools.guestconv.guests
paths:
  - /vmfs/volumes/datastore1
  - ./appliances/*.ova
exclude:
  - "*-template*"
  - lost+found
# Waves, for hosts: wave_1
groups:
  wave_1: "'guestconv_size_small' in group_names"
  big: guestconv_size | default(0) > 500 * 1024 ** 3
keyed_groups:
  - key: guestconv_source.path | dirname | basename
    prefix: folder
compose:
  guestconv_conversion_host: "'conv2' if guestconv_hardware.firmware | default('bios') == 'uefi' else 'conv1'"

---
# kvm.guestconv.yml: the domains of a libvirt; a problem with one of them is an error
plugin: virttools.guestconv.guests
uri: qemu:///system
strict: true
"""

import functools
import hashlib
import os
import unicodedata
from collections.abc import Iterator
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.formats.probe import has_protocol
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import discovery
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import libvirt_domains
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds.kind import DiskEntry

_ENDINGS = ("guests.yml", "guests.yaml", "guestconv.yml", "guestconv.yaml")

# GiB up to which a guest is in the group.
_SIZES = (("small", 32), ("medium", 256), ("large", float("inf")))

# What Ansible means something else by.
_RESERVED = ("all", "ungrouped", "localhost")

_DISK_OPTIONS = ("path", "format", "device", "backing")


class InventoryModule(BaseInventoryPlugin, Constructable):  # type: ignore[misc]  # ansible has no types
    """See DOCUMENTATION."""

    NAME = "virttools.guestconv.guests"

    def verify_file(self, path: str) -> bool:
        """Whether path is called as a configuration of this plugin is."""
        return super().verify_file(path) and path.endswith(_ENDINGS)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add what is found to inventory. Raises AnsibleParserError."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        exclude = self.get_option("exclude")
        try:
            guests, problems = self._find(os.path.dirname(os.path.abspath(path)), exclude)
        except GuestconvError as error:
            raise AnsibleParserError(f"{error.message} {error.hint}") from error
        for problem in problems:
            self._complain(f"{problem.message} {problem.hint} ({problem.code})")
        named = list(self._named([guest for guest in guests if not _is_excluded(guest, exclude)]))
        self._warn_of_shared_disks(named)
        for name, guest in named:
            self._add(name, guest)

    def _find(self, directory: str, exclude: list[str]) -> tuple[list[discovery.Guest], list[GuestconvError]]:
        """(Guests, problems) of all that the options name; paths are relative to directory."""
        guests, problems = [], []
        uri = self.get_option("uri")
        if not uri and not self.get_option("paths"):
            self._complain("Neither paths nor uri is set, so no guests were found.")
        if uri:
            found = domains(uri, exclude)
            guests, problems = found.guests, found.problems
        paths = [os.path.normpath(os.path.join(directory, os.path.expanduser(one))) for one in self.get_option("paths")]
        known = guests if uri and libvirt_domains.is_local(uri) else ()
        found = discovery.find(paths, exclude, self.get_option("recursive"), known)
        return guests + found.guests, problems + found.problems

    def _complain(self, message: str) -> None:
        if self.get_option("strict"):
            raise AnsibleParserError(message)
        self.display.warning(message)

    def _named(self, guests: list[discovery.Guest]) -> Iterator[tuple[str, discovery.Guest]]:
        """(name of the host, Guest) of all."""
        by_name: dict[str, list[discovery.Guest]] = {}
        for guest in guests:
            by_name.setdefault(host_name(guest), []).append(guest)
        for name, called_so in by_name.items():
            if len(called_so) == 1:
                yield name, called_so[0]
                continue
            names = {f"{name}-{_suffix(guest)}": guest for guest in called_so}
            places = ", ".join(f"{guest.origin} is {suffixed}" for suffixed, guest in names.items())
            self._complain(
                f"{len(called_so)} guests are called {name}. To tell them apart, {places}. If they are the same guest, "
                "exclude all but one."
            )
            yield from names.items()

    def _warn_of_shared_disks(self, named: list[tuple[str, discovery.Guest]]) -> None:
        """named: (name of the host, Guest) of all."""
        users: dict[tuple[str, str | None], list[str]] = {}
        for name, guest in named:
            for disk in guest.description["disks"]:
                users.setdefault((_real(disk["path"]), disk.get("member")), []).append(name)
        above = _guests_above(named)
        for (path, _member), names in users.items():
            if len(names) > 1:
                self._complain(
                    f"{' and '.join(names)} have the same disk, {path}. Each would convert its own copy of the disk. "
                    "If they are the same guest, exclude all but one."
                )
            below = [name for name in above.get(path, ()) if name not in names]
            if below:
                self._complain(
                    f"{path}, a disk of {' and '.join(names)}, is a backing file of {' and '.join(below)}. Whatever is "
                    "written to it destroys them. Exclude it, or copy it first."
                )

    def _add(self, name: str, guest: discovery.Guest) -> None:
        self.inventory.add_host(name)
        variables = variables_of(guest)
        for key, value in variables.items():
            self.inventory.set_variable(name, key, never_template(value))
        for warning in guest.description["warnings"]:
            self.display.warning(f"{name}: {warning}")
        for group in groups_of(guest, variables.get("guestconv_size")):
            self.inventory.add_group(group)
            self.inventory.add_host(name, group)
        facts = self.inventory.get_host(name).get_vars()
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), facts, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), facts, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), facts, name, strict=strict)


def _real(path: str) -> str:
    """The same for two names of one file: VMX files name a shared disk by way of their own directories."""
    return path if has_protocol(path) else os.path.realpath(path)


def _guests_above(named: list[tuple[str, discovery.Guest]]) -> dict[str, list[str]]:
    """{real path of a backing file: the names of the guests that have it}."""
    found: dict[str, list[str]] = {}
    for name, guest in named:
        for disk in guest.description["disks"]:
            for path in disk.get("backing", ()):
                found.setdefault(_real(path), []).append(name)
    return found


def domains(uri: str, exclude: list[str]) -> discovery.Found:
    """The discovery.Found of the libvirt at uri, less excluded names. Raises GuestconvError when it does not answer."""
    found = discovery.Found([], [])
    with libvirt_domains.connected(uri) as connection:
        for name in connection.names():
            if discovery.is_excluded(name, exclude):
                continue
            found.attempt(functools.partial(_domain, connection, uri, name))
    return found


def _domain(connection: libvirt_domains.Connection, uri: str, name: str) -> discovery.Guest:
    source = {"type": "libvirt", "uri": uri, "name": name}
    return discovery.Guest(source, f"{name} of {uri}", connection.read(name))


def never_template(value: Any) -> Any:
    """value with every string marked that would be a template: who names a guest must not run anything here.

    From ansible-core 2.19 on no string of a plugin is a template anyway.
    """
    if isinstance(value, dict):
        return {key: never_template(item) for key, item in value.items()}
    if isinstance(value, list):
        return [never_template(item) for item in value]
    return wrap_var(value) if isinstance(value, str) and "{" in value else value


def host_name(guest: discovery.Guest) -> str:
    """The name of the inventory host for a discovery.Guest: what Ansible takes for no pattern, range or port."""
    named = _clean(guest.description["name"]) or _clean(os.path.splitext(os.path.basename(guest.origin))[0])
    return f"guest-{named}".rstrip("-") if named in _RESERVED or not named else named


def _clean(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    return "".join(character if character.isalnum() or character in "._-" else "-" for character in text).strip("-._")


def _suffix(guest: discovery.Guest) -> str:
    # Of the place alone, so that it stays when another guest of the name comes or goes.
    return hashlib.sha256(guest.origin.encode()).hexdigest()[:6]


def _is_excluded(guest: discovery.Guest, exclude: list[str]) -> bool:
    return discovery.is_excluded(guest.description["name"], exclude)


def variables_of(guest: discovery.Guest) -> dict[str, Any]:
    """{name: value} of the variables of a discovery.Guest."""
    disks = guest.description["disks"]
    variables: dict[str, Any] = {"guestconv_source": guest.source, "guestconv_name": guest.description["name"]}
    if guest.description["hardware"]:
        variables["guestconv_hardware"] = guest.description["hardware"]
    if all(_is_usable(disk) for disk in disks) and _is_here(guest):
        variables["guestconv_disks"] = [
            {key: value for key, value in disk.items() if key in _DISK_OPTIONS} for disk in disks
        ]
    if all("size" in disk for disk in disks):
        variables["guestconv_size"] = sum(disk["size"] for disk in disks)
    return variables


def _is_usable(disk: DiskEntry) -> bool:
    packed = "member" in disk or "compression" in disk
    return not packed and not has_protocol(disk["path"]) and os.path.exists(disk["path"])


def _is_here(guest: discovery.Guest) -> bool:
    return "uri" not in guest.source or libvirt_domains.is_local(guest.source["uri"])


def groups_of(guest: discovery.Guest, size: int | None) -> list[str]:
    """The names of the groups that a discovery.Guest is in; size: of its disks in bytes, or None."""
    groups = ["guestconv_guests", f"guestconv_source_{guest.source['type']}"]
    groups += sorted({f"guestconv_format_{disk['format']}" for disk in guest.description["disks"] if "format" in disk})
    if "firmware" in guest.description["hardware"]:
        groups.append(f"guestconv_firmware_{guest.description['hardware']['firmware']}")
    if size is not None:
        groups.append("guestconv_size_" + next(name for name, most in _SIZES if size <= most * (1 << 30)))
    return groups
