# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's keyfiles: what they say of NICs, and what is left of them when one goes."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import HARDWARE
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import keyfiles
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

DIRECTORY = "/etc/NetworkManager/system-connections"
FILE = f"{DIRECTORY}/lan.nmconnection"
MAC, NEW_MAC = "00:50:56:aa:bb:cc", "52:54:00:00:00:01"

STATIC = """\
[connection]
id=lan
uuid=6f0a4a1e-6a4b-4b8f-9f38-f3c7a7e0a001
type=ethernet
# kept
interface-name=ens192

[ethernet]

[ipv4]
address1=10.0.2.15/24,10.0.2.2
address2=10.0.3.15/24
dns=10.0.2.3;
method=manual

[ipv6]
addr-gen-mode=stable-privacy
method=auto
"""


def nics(text, **more):
    return nics_of(keyfiles.read(FakeRoot({FILE: text, **more})))


def connection(kind="ethernet", more="", **keys):
    lines = "".join(f"{key.replace('_', '-')}={value}\n" for key, value in keys.items())
    return f"[connection]\ntype={kind}\n{lines}{more}"


def test_a_static_address_is_read():
    (nic,) = nics(STATIC)
    assert (nic.name, nic.addresses, nic.gateway) == ("ens192", ("10.0.2.15/24", "10.0.3.15/24"), "10.0.2.2")
    assert (nic.method, nic.configured_by) == ("static", ((FILE, "keyfile"),))


@pytest.mark.parametrize(
    "section, addresses, gateway",
    [
        ("[ipv4]\nmethod=manual\naddress1=10.0.2.15/24\ngateway=10.0.2.2\n", ("10.0.2.15/24",), "10.0.2.2"),
        ("[ipv4]\nmethod=manual\naddresses1=10.0.2.15;24;10.0.2.2;\n", ("10.0.2.15/24",), "10.0.2.2"),
        ("[ipv4]\nmethod=manual\naddress1=10.0.2.15/24,0.0.0.0\n", ("10.0.2.15/24",), None),
        ("[ipv4]\nmethod=manual\naddress=10.0.2.15/24\n", ("10.0.2.15/24",), None),
        ("[ipv6]\nmethod=manual\naddress1=2001:DB8::15/64,2001:db8::1\n", ("2001:db8::15/64",), "2001:db8::1"),
        ("[ipv4]\nmethod=disabled\naddress1=10.0.2.15/24\n", (), None),
        ("[ipv4]\nmethod=manual\naddress1=nonsense\naddress2=10.0.2.300/24\n", (), None),
        ("[ipv4]\naddress1=10.0.2.15/24\nmethod=auto\n", ("10.0.2.15/24",), None),
    ],
)
def test_addresses_of_all_ages_are_read(section, addresses, gateway):
    (nic,) = nics(connection(interface_name="ens192", more=section))
    assert (nic.addresses, nic.gateway) == (addresses, gateway)


@pytest.mark.parametrize(
    "text, name, mac",
    [
        (connection(interface_name="ens192", more=f"[ethernet]\nmac-address={MAC.upper()}\n"), "ens192", MAC),
        (connection(more=f"[802-3-ethernet]\nmac-address={MAC}\n", kind="802-3-ethernet"), None, MAC),
        (connection(more="[ethernet]\nmac-address=0;80;86;170;187;204;\n"), None, MAC),
        (f"[connection]\nid=x\n[802-3-ethernet]\nmac-address={MAC}\n", None, MAC),
        (connection(interface_name="ens192", more=f"[ethernet]\ncloned-mac-address={MAC}\n"), "ens192", None),
    ],
)
def test_hardware_is_known_by_name_or_mac(text, name, mac):
    (nic,) = nics(text)
    assert (nic.name, nic.hardware_mac) == (name, mac)
    assert nic.mac_source.fact() == (FILE if mac else "configuration")


def test_numbers_that_are_no_octets_are_no_mac():
    more = f"[ethernet]\nmac-address=0;80;86;170;187;{'9' * 5000};\n"
    (nic,) = nics(connection(interface_name="ens192", more=more))
    assert (nic.name, nic.hardware_mac) == ("ens192", None)


@pytest.mark.parametrize(
    "match, patterns",
    [
        ("", ("*",)),
        ("[match]\ninterface-name=ens*;!ens3;\n", ("ens* !ens3",)),
        ("[match]\ninterface-name=&en*;|eth*;&!eth7\n", ("en* eth* !eth7",)),
        ("[match]\ninterface-name=!ens3;\n", ("!ens3",)),
    ],
)
def test_a_connection_for_any_nic_makes_one(match, patterns):
    (nic,) = nics(connection(more=match))
    assert (nic.identifier, nic.name, nic.patterns) == ("nic0", None, patterns)


def test_what_asks_for_the_old_hardware_is_told():
    (nic,) = nics(connection(interface_name="ens192", more="[match]\ndriver=vmxnet3;\npath=pci-0000:0b:*\n"))
    assert nic.source_hardware == ((FILE, "driver=vmxnet3;"), (FILE, "path=pci-0000:0b:*"))


@pytest.mark.parametrize("key", ["controller", "master"])
@pytest.mark.parametrize("by", ["bond0", "11111111-2222-3333-4444-555555555555"])
def test_a_bond_and_its_vlan_are_used_by_their_port(key, by):
    files = {
        f"{DIRECTORY}/bond": connection(
            "bond",
            "[ipv4]\nmethod=manual\naddress1=10.0.2.15/24,10.0.2.2\n",
            interface_name="bond0",
            uuid="11111111-2222-3333-4444-555555555555",
        ),
        f"{DIRECTORY}/vlan": connection(
            "vlan", f"[vlan]\nid=5\nparent={by}\n[ipv4]\naddress1=10.5.0.1/8\n", interface_name="office"
        ),
    }
    (nic,) = nics(connection(interface_name="ens192", **{key: by, "port_type": "bond"}), **files)
    assert {upper.name: upper.carried for upper in nic.used_by} == {"bond0": True, "office": False}
    assert (nic.addresses, nic.reached_at) == ((), ("10.0.2.15/24",))


def test_a_port_that_is_known_by_its_mac_is_one_too():
    port = connection(controller="team0", more=f"[ethernet]\nmac-address={MAC}\n")
    (nic,) = nics(port, **{f"{DIRECTORY}/team": connection("team", interface_name="team0")})
    assert (nic.identifier, [upper.name for upper in nic.used_by]) == ("nic0", ["team0"])


@pytest.mark.parametrize("kind", ["wifi", "802-11-wireless", "gsm", "vpn", "loopback", "bridge", "dummy", ""])
def test_other_connections_are_no_nic(kind):
    assert nics(connection(kind)) == []


@pytest.mark.parametrize("name", [".hidden", "lan~", ".hidden.nmconnection", "lan.PEM", "lan.ABC123"])
def test_files_that_networkmanager_ignores_are_ignored(name):
    root = FakeRoot({f"{DIRECTORY}/{name}": STATIC})
    assert keyfiles.read(root) == []


def test_files_without_extension_count_in_etc_only():
    usr = "/usr/lib/NetworkManager/system-connections"
    root = FakeRoot({f"{DIRECTORY}/Wired connection 1": STATIC, f"{usr}/plain": connection(interface_name="eth5")})
    assert [setting.name for setting in keyfiles.read(root)] == ["ens192"]
    root.files[f"{usr}/lan.nmconnection"] = STATIC.replace("ens192", "eth6")
    root.files[f"{usr}/other.nmconnection"] = connection(interface_name="eth7")
    assert [setting.name for setting in keyfiles.read(root)] == ["ens192", "eth7"]


def test_a_nic_that_goes_takes_its_connections_and_vlans_along():
    uuid = "11111111-2222-3333-4444-555555555555"
    files = {
        FILE: STATIC,
        f"{DIRECTORY}/a": connection(interface_name="ens224", uuid=uuid),
        f"{DIRECTORY}/b": connection(more=f"[ethernet]\nmac-address={MAC}\n"),
        f"{DIRECTORY}/c": connection("vlan", f"[vlan]\nparent={uuid}\n", interface_name="office"),
        f"{DIRECTORY}/d": connection("vlan", "[vlan]\nparent=ens192\n", interface_name="lab"),
    }
    root = FakeRoot(files)
    keyfiles.unconfigure(root, [Nic("ens224", "ens224", MAC, HARDWARE)])
    assert sorted(root.files) == [f"{DIRECTORY}/d", FILE]


def test_mac_addresses_follow_and_the_rest_stays():
    text = STATIC.replace("[ethernet]\n", f"[ethernet]\nmac-address = {MAC.upper()}\ncloned-mac-address={MAC}\n")
    old = connection(more="[802-3-ethernet]\nmac-address=0;80;86;170;187;204;\n")
    root = FakeRoot({FILE: text, f"{DIRECTORY}/old": old})
    keyfiles.replace_macs(root, {MAC: NEW_MAC})
    assert root.files[FILE] == text.replace(MAC.upper(), NEW_MAC.upper()).replace(MAC, NEW_MAC)
    assert root.files[f"{DIRECTORY}/old"] == old.replace("0;80;86;170;187;204;", "82;84;0;0;0;1;")
