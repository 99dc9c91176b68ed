# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for each registered format of network configuration, and that another needs no more than to be registered."""

from __future__ import annotations

import inspect
import re

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import configuration, formats
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import HARDWARE
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import (
    Nic,
    Setting,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.statics import Static
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.plugins.module_utils.texts.unread import Unread
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.network import test_properties
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.network.formats import test_formats
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

MAC, NEW_MAC = "00:50:56:aa:bb:cc", "52:54:00:00:00:01"
TABLE = "/etc/network-table"


class Table:
    """A format that no guest has: lines of an interface's name or MAC address, and of its address or "dhcp"."""

    KIND = "table"

    def read(self, root):
        found = []
        for line in (root.read(TABLE) or "").splitlines():
            if line.startswith("!"):
                raise Unread("network-configuration-malformed", f"{TABLE} cannot be understood.")
            key, _blank, address = line.partition(" ")
            if not line.startswith("#"):
                known_by = {"name": None, "hardware_mac": key} if ":" in key else {"name": key}
                addresses = () if address == "dhcp" else (address,)
                method = "static" if addresses else "dhcp"
                found.append(Setting(TABLE, self.KIND, method=method, addresses=addresses, **known_by))
        return found

    def unconfigure(self, root, nics):
        for nic in nics:
            self._replace(root, rf"^(?={nic.name or nic.hardware_mac} )", "#")

    def replace_macs(self, root, macs):
        for old, new in macs.items():
            self._replace(root, rf"^{old} ", f"{new} ")

    def rename(self, root, names):
        for old, new in names.items():
            self._replace(root, rf"^{old} ", f"{new} ")

    def use_dhcp(self, root, nics):
        for nic in nics:
            self._replace(root, rf"^({nic.name or nic.hardware_mac}) .*", r"\1 dhcp")

    def use_static(self, root, statics):
        for nic, static in statics.items():
            self._replace(root, rf"^({nic.name or nic.hardware_mac}) .*", rf"\1 {static.addresses[0]}")

    def _replace(self, root, pattern, new):
        if root.read(TABLE) is not None:
            root.write(TABLE, re.sub(pattern, new, root.read(TABLE), flags=re.MULTILINE), "as the test wants it")


# {path: text} of which each registered format, and that of this test, reads its own.
BY_NAME = {**test_formats.BY_NAME, TABLE: "NAME 10.0.2.15/24\n"}
BY_MAC = {**test_formats.BY_MAC, TABLE: "@MAC@ 10.0.2.15/24\n"}
REGISTERED = (*formats.FORMATS, *formats.RENDERED)
ALL = (*REGISTERED, Table())
METHODS = ("read", "unconfigure", "replace_macs", "rename", "use_dhcp", "use_static")

each_format = pytest.mark.parametrize("kind", ALL, ids=test_properties.name_of)


def files_of(kind, samples):
    """{path: text} of those samples that the format reads, for ens192 or its MAC address."""
    files = {path: text.replace("NAME", "ens192").replace("@MAC@", MAC) for path, text in samples.items()}
    return {path: text for path, text in files.items() if kind.read(FakeRoot({path: text}))}


def root_of(kind, samples=None):
    files = files_of(kind, samples or BY_NAME)
    assert files, "a format needs a sample in test_formats.BY_NAME"
    return FakeRoot(files)


def nic_of(kind, root):
    (nic,) = nics_of(kind.read(root))
    return nic


@each_format
def test_a_format_has_what_the_interface_says(kind):
    assert isinstance(kind.KIND, str) and kind.KIND
    for name in METHODS:
        expected = [
            each for each in inspect.signature(getattr(formats.NetworkFormat, name)).parameters if each != "self"
        ]
        assert list(inspect.signature(getattr(kind, name)).parameters) == expected, name


def test_the_properties_are_tried_on_each_registered_format():
    assert set(test_properties.FORMATS) == set(REGISTERED)


@each_format
def test_a_format_reads_nothing_where_there_is_nothing(kind):
    root = FakeRoot({})
    assert kind.read(root) == []
    kind.unconfigure(root, [Nic("ens192", "ens192")])
    kind.replace_macs(root, {MAC: NEW_MAC})
    kind.rename(root, {"ens192": "enp1s0"})
    kind.use_dhcp(root, [Nic("ens192", "ens192")])
    kind.use_static(root, {Nic("ens192", "ens192"): Static(("10.1.2.3/24",), ("10.1.2.1",), ("10.1.2.53",))})
    assert root.changes() == []


@each_format
def test_a_format_says_which_file_configures_what(kind):
    root = root_of(kind)
    nic = nic_of(kind, root)
    assert (nic.name, nic.method, nic.addresses) == ("ens192", "static", ("10.0.2.15/24",))
    assert nic.configured_by == tuple((path, kind.KIND) for path in root.files)


@each_format
def test_a_format_takes_a_nic_out_and_leaves_the_others(kind):
    root = root_of(kind)
    kind.unconfigure(root, [Nic("ens224", "ens224", NEW_MAC, HARDWARE)])
    assert root.changes() == []
    nic = nic_of(kind, root)
    kind.unconfigure(root, [nic])
    assert nics_of(kind.read(root)) == []
    once = dict(root.files)
    kind.unconfigure(root, [nic])
    assert root.files == once


@each_format
def test_a_format_calls_a_nic_by_another_name(kind):
    root = root_of(kind)
    for _again in range(2):
        kind.rename(root, {"ens192": "enp1s0"})
        nic = nic_of(kind, root)
        assert (nic.name, nic.addresses) == ("enp1s0", ("10.0.2.15/24",))
    once = dict(root.files)
    kind.rename(root, {"ens224": "enp2s0"})
    assert root.files == once


@each_format
def test_a_format_gives_a_nic_dhcp_in_the_place_of_its_address(kind):
    root = root_of(kind)
    nic = nic_of(kind, root)
    kind.use_dhcp(root, [nic])
    changed = nic_of(kind, root)
    assert (changed.name, changed.method, changed.addresses) == ("ens192", "dhcp", ())
    once = dict(root.files)
    kind.use_dhcp(root, [nic])
    assert root.files == once


@each_format
def test_a_format_gives_a_nic_another_static_address(kind):
    root = root_of(kind)
    nic = nic_of(kind, root)
    kind.use_static(root, {nic: Static(("10.1.2.3/24",))})
    changed = nic_of(kind, root)
    assert (changed.name, changed.method, changed.addresses) == ("ens192", "static", ("10.1.2.3/24",))


@each_format
def test_a_format_follows_a_new_mac(kind):
    files = files_of(kind, BY_MAC)
    root = FakeRoot(files)
    kind.replace_macs(root, {MAC: NEW_MAC})
    assert root.files == {path: text.replace(MAC, NEW_MAC) for path, text in files.items()}
    assert [nic.hardware_mac for nic in nics_of(kind.read(root))] == [NEW_MAC] * len(files)


# Another format: registered, and nothing else.


@pytest.fixture
def with_table(monkeypatch):
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, Table()))


def guest(text, **hardware):
    library = "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so"
    return FakeRoot({library: "", TABLE: text}, boot_menu=menu(""), hardware=hardware)


def convert(root, removed=(), **settings):
    found = network.inspect(root).devices["network"]
    chosen = {identifier: "virtio-net-pci" for identifier in found if identifier not in removed}
    selection = Selection({"network": chosen}, {"network": list(removed)}, {"network": settings})
    conversion = Plan(root.guest.target, selection)
    network.convert(root, conversion)
    return conversion.hardware.interfaces


@pytest.mark.usefixtures("with_table")
def test_a_registered_format_goes_all_the_way_from_files_to_devices_and_back():
    root = guest("ens192 10.0.2.15/24\nens224 dhcp\n", interfaces=[{"mac": MAC, "addresses": ["10.0.2.15"]}, {}])
    findings = network.inspect(root)
    assert findings.devices["network"]["ens192"]["configured_by"] == [{"file": TABLE, "kind": "table"}]
    assert findings.devices["network"]["ens192"]["mac"] == MAC
    (kept,) = convert(root, ["ens224"], ens192={"policy": "rename", "name": "enp1s0"})
    assert (kept["name"], kept["mac"], kept["addresses"]) == ("enp1s0", MAC, ["10.0.2.15/24"])
    assert root.files[TABLE] == "enp1s0 10.0.2.15/24\n#ens224 dhcp\n"
    assert f"MACAddress={MAC}\n" in root.files["/etc/systemd/network/10-guestconv-enp1s0.link"]
    root.guest.hardware = {"interfaces": [{"mac": MAC}]}
    (kept,) = convert(root, enp1s0={"policy": "dhcp"})
    assert (kept["addresses"], root.files[TABLE]) == ([], "enp1s0 dhcp\n#ens224 dhcp\n")


@pytest.mark.usefixtures("with_table")
def test_a_registered_format_follows_the_targets_macs():
    root = guest(f"{MAC} 10.0.2.15/24\n", target_interfaces=[{"from": MAC, "mac": NEW_MAC}])
    assert [nic["mac"] for nic in convert(root)] == [NEW_MAC]
    assert root.files[TABLE] == f"{NEW_MAC} 10.0.2.15/24\n"


@pytest.mark.usefixtures("with_table")
def test_a_registered_format_that_cannot_be_read_is_a_concern_and_stays_as_it_is():
    root = guest("!\nens192 10.0.2.15/24\n")
    root.files["/etc/network/interfaces"] = "iface ens224 inet static\n address 10.0.2.16/24\n"
    (concern,) = network.inspect(root).concerns
    assert (concern.code, TABLE in concern.message) == ("network-configuration-malformed", True)
    (kept,) = convert(root, ens224={"policy": "dhcp"})
    assert (kept["name"], kept["addresses"]) == ("ens224", [])
    assert root.files[TABLE] == "!\nens192 10.0.2.15/24\n"


def test_without_being_registered_it_is_not_read():
    assert configuration.read(guest("ens192 10.0.2.15/24\n")).settings == []
