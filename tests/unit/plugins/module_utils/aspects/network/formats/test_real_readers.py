# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real programs make of network configuration: netplan's generator, ifquery and nm-initrd-generator of Debian 12.

script/test unpacks them (ensure_network_readers in script/lib.sh). What netplan and nm-initrd-generator write is read by
the readers of those formats, and must be what we read from the original.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.assembly import nics_of
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import HARDWARE
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.statics import Static
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import (
    interfaces,
    kernel_arguments,
    keyfiles,
    netplan,
    networkd,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

CACHE = Path(os.environ.get("GUESTCONV_CACHE") or Path.home() / ".cache" / "guestconv")
READERS = CACHE / "network-readers"
LIBRARIES = {"LD_LIBRARY_PATH": str(READERS / "usr/lib/x86_64-linux-gnu")}

pytestmark = pytest.mark.skipif(
    not (READERS / "recipe").is_file(), reason="the real readers are not unpacked: script/test does it on Debian 12"
)


def ran(*command):
    return subprocess.run(
        [str(each) for each in command], env={**os.environ, **LIBRARIES}, capture_output=True, text=True, check=False
    )


def said(nics):
    """What must be the same however it is written."""
    return {
        (nic.name or nic.hardware_mac or " ".join(nic.patterns)): (
            set(nic.addresses),
            nic.gateway,
            nic.method == "dhcp",
            {upper.name: set(upper.addresses) for upper in nic.used_by},
        )
        for nic in nics
    }


def written_by_netplan(files, directory):
    """{path in a guest: text} of what netplan makes of files, {name: text}."""
    (directory / "etc/netplan").mkdir(parents=True)
    for name, text in files.items():
        (directory / "etc/netplan" / name).write_text(text)
    made = ran(READERS / "usr/libexec/netplan/generate", "--root-dir", directory)
    assert made.returncode == 0, made.stderr
    written = {}
    for below, pattern in (("systemd/network", "*.net*"), ("NetworkManager/system-connections", "*.nmconnection")):
        for path in (directory / "run" / below).glob(pattern):
            written[f"/etc/{below}/{path.name}"] = path.read_text()
    return written


NETPLAN = {
    "renderer in a section": [
        "network:\n  ethernets:\n    renderer: networkd\n    ens192: {addresses: [10.0.2.15/24]}\n"
    ],
    "keys twice": [
        "network:\n  ethernets:\n    ens192: {addresses: [10.0.2.15/24]}\n  ethernets:\n    ens224: {dhcp4: true}\n"
    ],
    "a definition twice": [
        "network:\n  ethernets:\n    ens192: {addresses: [10.0.2.15/24]}\n    ens192: {addresses: [10.0.3.15/24]}\n"
    ],
    "a list twice": [
        "network:\n  ethernets:\n    ens192:\n      addresses: [10.0.2.15/24]\n      addresses: [10.0.3.15/24]\n"
    ],
    "documents": ["network:\n  ethernets:\n    ens192: {dhcp4: yes}\n---\nfoo: 1\n"],
    "files": [
        "network: {ethernets: {ens192: {addresses: [10.0.2.15/24], dhcp4: true}}}\n",
        "network: {ethernets: {ens192: {addresses: [10.0.3.15/24], dhcp4: false}, ens224: {dhcp4: on}}}\n",
    ],
    "patterns": [
        "network:\n  ethernets:\n    a: {match: {name: 'ens19*'}, addresses: [10.0.2.15/24]}\n"
        "    b: {match: {name: 'ens22*'}, addresses: [10.0.3.15/24]}\n"
    ],
    "a pattern before a name": [
        "network:\n  ethernets:\n    ens192: {addresses: [10.0.2.15/24]}\n    all: {match: {name: 'en*'}, dhcp4: true}\n"
    ],
    "a pattern behind a name": [
        "network:\n  ethernets:\n    ens192: {addresses: [10.0.2.15/24]}\n    zz: {match: {name: 'en*'}, addresses: [10.0.3.15/24]}\n"
    ],
    "a bond": [
        "network:\n  ethernets: {ens192: {}, ens224: {}}\n  bonds:\n    bond0: {interfaces: [ens192, ens224], "
        "addresses: [10.0.2.15/24], routes: [{to: default, via: 10.0.2.2}]}\n"
    ],
    "a bond of patterns": [
        "network:\n  ethernets:\n    ports: {match: {name: 'ens*'}}\n  bonds:\n    bond0: {interfaces: [ports], "
        "addresses: [10.0.2.15/24]}\n"
    ],
    "a MAC address": [
        "network:\n  ethernets:\n    lan: {match: {macaddress: '00:50:56:aa:bb:cc'}, addresses: [10.0.2.15/24], gateway4: 10.0.2.2}\n"
    ],
    "a VLAN": [
        "network:\n  ethernets: {ens192: {dhcp4: true}}\n  vlans: {office: {id: 5, link: ens192, addresses: [10.5.0.1/16]}}\n"
    ],
    "an anchor": ["network:\n  ethernets:\n    ens192: &a {addresses: [10.0.2.15/24]}\n    ens224: *a\n"],
}


@pytest.mark.parametrize("texts", NETPLAN.values(), ids=NETPLAN)
def test_netplan_reads_what_we_read(texts, tmp_path):
    files = {f"{index}.yaml": text for index, text in enumerate(texts)}
    ours = nics_of(netplan.read(FakeRoot({f"/etc/netplan/{name}": text for name, text in files.items()})))
    theirs = nics_of(networkd.read(FakeRoot(written_by_netplan(files, tmp_path))))
    assert said(ours) == said(theirs)


CHOSEN = Static(("10.1.2.3/24", "10.1.2.4/24", "2001:db8::5/64"), ("10.1.2.1", "fe80::1"), ("10.1.2.53",))


@pytest.mark.parametrize(
    "definition",
    [
        "{addresses: [10.0.2.15/24], gateway4: 10.0.2.2, nameservers: {addresses: [10.0.2.3], search: [example.com]}}",
        "{dhcp4: true, dhcp6: true, mtu: 9000}",
        "{addresses: [10.0.2.15/24], routes: [{to: 0.0.0.0/0, via: 10.0.2.2}, {to: 192.0.2.0/24, via: 10.0.2.9, on-link: true}]}",
        "{}",
    ],
)
def test_netplan_reads_the_static_addresses_that_were_written(definition, tmp_path):
    root = FakeRoot({"/etc/netplan/a.yaml": f"network:\n  ethernets:\n    ens192: {definition}\n"})
    (nic,) = nics_of(netplan.read(root))
    netplan.use_static(root, {nic: CHOSEN})
    written = written_by_netplan({"a.yaml": root.files["/etc/netplan/a.yaml"]}, tmp_path)
    (theirs,) = nics_of(networkd.read(FakeRoot(written)))
    assert set(theirs.addresses) == set(CHOSEN.addresses)
    assert set(theirs.gateways) == set(CHOSEN.gateways)
    assert theirs.name_servers == CHOSEN.name_servers
    assert not any("DHCP=" in text for text in written.values())


@pytest.mark.parametrize(
    "definition",
    [
        # One for several cards, before which another goes by its priority.
        "all: {match: {name: 'en*'}, dhcp4: true, mtu: 9000}",
        # What NetworkManager writes has addresses that are passed on.
        "NM-1: {match: {macaddress: '00:50:56:aa:00:01'}, addresses: [10.0.2.15/24], networkmanager: {passthrough: "
        "{ipv4.method: manual, ipv4.address1: '10.0.2.15/24,10.0.2.2', ipv6.method: disabled}}}",
    ],
)
def test_networkmanager_gets_from_netplan_the_static_addresses_that_were_written(definition, tmp_path):
    library = "/usr/lib/x86_64-linux-gnu/libnetplan.so.0.0"
    text = f"network:\n  renderer: NetworkManager\n  ethernets:\n    {definition}\n"
    root = FakeRoot({"/etc/netplan/a.yaml": text, library: (READERS / library[1:]).read_bytes()})
    (nic,) = nics_of(netplan.read(root))
    netplan.use_static(root, {replace(nic, mac="00:50:56:aa:00:01", mac_source=HARDWARE): CHOSEN})
    written = written_by_netplan({"a.yaml": root.files["/etc/netplan/a.yaml"]}, tmp_path)
    theirs = {nic.hardware_mac: nic for nic in nics_of(keyfiles.read(FakeRoot(written)))}["00:50:56:aa:00:01"]
    assert set(theirs.addresses) == set(CHOSEN.addresses)
    assert set(theirs.gateways) == set(CHOSEN.gateways)
    assert theirs.name_servers == CHOSEN.name_servers
    (own,) = [text for text in written.values() if "10.1.2.3" in text]
    assert "10.0.2.15" not in own
    assert len(written) == 1 or "autoconnect-priority=1\n" in own


def test_the_generator_in_the_initrd_reads_the_static_address_that_was_written(tmp_path):
    argument = kernel_arguments.edited("ip=ens192:dhcp", static={"ens192": CHOSEN})
    made = ran(READERS / "usr/lib/NetworkManager/nm-initrd-generator", "-c", tmp_path, "--", argument)
    assert made.returncode == 0, made.stderr
    files = {f"/etc/NetworkManager/system-connections/{path.name}": path.read_text() for path in tmp_path.iterdir()}
    (nic,) = nics_of(keyfiles.read(FakeRoot(files)))
    assert (nic.addresses, nic.gateways, nic.name_servers) == (("10.1.2.3/24",), ("10.1.2.1",), ("10.1.2.53",))


@pytest.mark.parametrize(
    "arguments",
    [
        "ip=10.0.2.15::10.0.2.2:24::ens192:none",
        "ip=10.0.2.15::10.0.2.2:255.255.255.0:web01:ens192:none ip=ens224:dhcp",
        "ip=ens192:dhcp rd.neednet=1",
        "ip=[2001:db8::15]::[2001:db8::2]:64::ens192:none",
        "ip=10.0.2.15::10.0.2.2:24::bond0:none bond=bond0:ens192,ens224:mode=active-backup",
        "ip=10.5.0.1:::16::office:none vlan=office:ens192",
    ],
)
def test_the_generator_in_the_initrd_reads_what_we_read(arguments, tmp_path):
    made = ran(READERS / "usr/lib/NetworkManager/nm-initrd-generator", "-c", tmp_path, "--", *arguments.split())
    assert made.returncode == 0, made.stderr
    files = {f"/etc/NetworkManager/system-connections/{path.name}": path.read_text() for path in tmp_path.iterdir()}
    ours = said(nics_of(kernel_arguments.read(FakeRoot(boot_menu=menu(arguments)))))
    theirs = said(nics_of(keyfiles.read(FakeRoot(files))))
    # It gives ports profiles that ask for DHCP in vain, as they are ports.
    assert {name: facts[0] for name, facts in ours.items()} == {name: facts[0] for name, facts in theirs.items()}
    assert {name: facts[3] for name, facts in ours.items()} == {name: facts[3] for name, facts in theirs.items()}


INTERFACES = {
    "static": "auto ens192\niface ens192 inet static\n address 10.0.2.15/24\n gateway 10.0.2.2\n",
    "netmask": "iface ens192 inet static\n address 10.0.2.15\n netmask 255.255.255.0\n",
    "class": "iface ens192 inet static\n address 172.16.0.1\n",
    "inherits": "iface base inet static\n address 10.0.2.15/24\n gateway 10.0.2.2\niface ens192 inet static inherits base\nauto ens192\n",
    "continued": "iface ens192 inet static\n address \\\n  10.0.2.15/24\n",
    "IPv6": "iface ens192 inet6 static\n address 2001:db8::15\n",
    "bond": "auto ens192\niface ens192 inet manual\n bond-master bond0\n bond-mode active-backup\nauto bond0\n"
    "iface bond0 inet static\n address 10.0.2.15/24\n bond-slaves none\n",
}


@pytest.mark.parametrize("text", INTERFACES.values(), ids=INTERFACES)
def test_ifquery_reads_what_we_read(text, tmp_path):
    file = tmp_path / "interfaces"
    file.write_text(text)
    read = [each for each in interfaces.read(FakeRoot({"/etc/network/interfaces": text})) if not each.lower]
    for setting in read:
        options = dict(
            line.split(": ", 1) for line in ran(READERS / "sbin/ifquery", "-i", file, setting.name).stdout.splitlines()
        )
        assert options.get("gateway") == setting.gateway
        assert [address.partition("/")[0] for address in setting.addresses] == (
            [options["address"].partition("/")[0]] if "address" in options else []
        )
    listed = ran(READERS / "sbin/ifquery", "-i", file, "--list", "--allow", "auto").stdout.split()
    # It brings lo up in any case.
    assert {each.name for each in read if each.at_boot} == set(listed) - {"lo"}


def normalized_by_networkmanager(text):
    """text, a keyfile, as NetworkManager writes what it has read of it; it refuses what is not valid."""
    command = [str(READERS / "usr/bin/nmcli"), "--offline", "connection", "modify", "connection.id", "a"]
    # Its messages are in the language of the user.
    environment = {**os.environ, **LIBRARIES, "LC_ALL": "C.UTF-8"}
    made = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return made.stdout


UUID = "6f0a4a1e-6a4b-4b8f-9f38-f3c7a7e0b00"


def connection(number, kind, more):
    return f"[connection]\nid=a{number}\nuuid={UUID}{number}\ntype={kind}\n{more}"


KEYFILES = {
    "addresses": [
        connection(
            1,
            "ethernet",
            "interface-name=ens192\n[ipv4]\nmethod=manual\naddress1=10.0.2.15/24,10.0.2.2\naddress2=10.0.2.16/24\n"
            "[ipv6]\nmethod=manual\naddress1=2001:db8::15/64,2001:db8::2\n",
        )
    ],
    "old spellings": [
        connection(
            1,
            "802-3-ethernet",
            "interface-name=ens192\n[802-3-ethernet]\nmac-address=0;80;86;170;187;204;\n[ipv4]\nmethod=manual\n"
            "addresses1=10.0.2.15;24;10.0.2.2;\n",
        )
    ],
    "a default route": [
        connection(
            1,
            "ethernet",
            "interface-name=ens192\n[ipv4]\nmethod=manual\naddress1=10.0.2.15/24\nroute1=10.7.0.0/16,10.0.2.9\n"
            "route2=0.0.0.0/0,10.0.2.2,50\n",
        )
    ],
    "another routing table": [
        connection(
            1,
            "ethernet",
            "interface-name=ens192\n[ipv4]\nmethod=manual\naddress1=10.0.2.15/24\nroute1=0.0.0.0/0,10.0.2.2\n"
            "route1_options=table=100\n",
        )
    ],
    "a card by its MAC address": [
        connection(1, "ethernet", "[ethernet]\nmac-address=00-50-56-AA-BB-CC\n[ipv4]\nmethod=auto\n")
    ],
    "patterns": [
        connection(1, "ethernet", "[match]\ninterface-name=ens*;!ens224;\n[ipv4]\nmethod=auto\n"),
    ],
    "a bond, as nmstate writes it": [
        connection(
            1,
            "bond",
            "autoconnect-slaves=1\ninterface-name=bond0\n[bond]\nmode=active-backup\nprimary=ens192\n[ipv4]\nmethod=manual\n"
            "address0=10.0.2.15/24\nroute0=0.0.0.0/0,10.0.2.2\nroute0_options=table=254\n",
        ),
        connection(2, "ethernet", f"interface-name=ens192\nmaster={UUID}1\nslave-type=bond\n"),
        connection(3, "ethernet", "interface-name=ens224\nmaster=bond0\nslave-type=bond\n"),
    ],
    "a VLAN": [
        connection(1, "ethernet", "interface-name=ens192\n[ipv4]\nmethod=disabled\n[ipv6]\nmethod=ignore\n"),
        connection(
            2,
            "vlan",
            f"interface-name=office\n[vlan]\nid=5\nparent={UUID}1\n[ipv4]\nmethod=manual\naddress1=10.5.0.1/16\n",
        ),
    ],
    "Open vSwitch": [
        connection(1, "ovs-bridge", "interface-name=br0\n"),
        connection(2, "ovs-port", f"interface-name=ens192\nmaster={UUID}1\nslave-type=ovs-bridge\n"),
        connection(3, "ethernet", f"interface-name=ens192\nmaster={UUID}2\nslave-type=ovs-port\n"),
        connection(4, "ovs-port", f"interface-name=br0\nmaster={UUID}1\nslave-type=ovs-bridge\n"),
        connection(
            5,
            "ovs-interface",
            f"interface-name=br0\nmaster={UUID}4\nslave-type=ovs-port\n[ovs-interface]\ntype=internal\n[ipv4]\n"
            "method=manual\naddress1=10.0.2.15/24\n",
        ),
    ],
}


def connections(texts):
    return nics_of(
        keyfiles.read(
            FakeRoot(
                {f"/etc/NetworkManager/system-connections/{each}.nmconnection": text for each, text in enumerate(texts)}
            )
        )
    )


@pytest.mark.parametrize("texts", KEYFILES.values(), ids=KEYFILES)
def test_networkmanager_reads_what_we_read(texts):
    assert said(connections(texts)) == said(connections(map(normalized_by_networkmanager, texts)))
    assert connections(texts)


@pytest.mark.parametrize("name", ["addresses", "old spellings", "a default route", "patterns"])
@pytest.mark.parametrize("static", [CHOSEN, Static(("2001:db8::5/64",), ("fe80::1",)), Static(("10.1.2.3/24",))])
def test_networkmanager_reads_the_static_addresses_that_were_written(name, static):
    path = "/etc/NetworkManager/system-connections/0.nmconnection"
    root = FakeRoot({path: KEYFILES[name][0]})
    (nic,) = nics_of(keyfiles.read(root))
    nic = replace(nic, mac="00:50:56:aa:bb:cc", mac_source=HARDWARE)
    keyfiles.use_static(root, {nic: static})
    (written,) = [text for file, text in root.files.items() if file != path or text != KEYFILES[name][0]]
    (theirs,) = connections([normalized_by_networkmanager(written)])
    assert set(theirs.addresses) == set(static.addresses)
    assert set(theirs.gateways) == set(static.gateways)
    assert static.name_servers is None or set(theirs.name_servers) == set(static.name_servers)
