# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC addresses in leases and logs."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards import traces
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import traced_in
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

MAC, OTHER = "00:50:56:aa:bb:cc", "00:0c:29:11:22:33"
UUID = "6f0a4a1e-6a4b-4b8f-9f38-f3c7a7e0a001"


class Root(FakeRoot):
    """A FakeRoot with the ends of files."""

    def size(self, path):
        return len(self.files[path].encode())

    def tail(self, path, count):
        return self.files[path].encode()[-count:]


@pytest.mark.parametrize(
    "client_id, mac",
    [
        ("1:0:50:56:aa:bb:cc", MAC),
        (r'"\001\000PV\252\273\314"', MAC),
        ("ff:0:50:56:aa:bb:cc", None),
        ("1:0:50:56:aa:bb:cc:dd", None),
        ("x", None),
        ('"', None),
    ],
)
def test_a_lease_of_dhclient_tells_the_client_identifier(client_id, mac):
    text = (
        'lease {\n  interface "ens192";\n  fixed-address 10.0.2.15;\n  option dhcp-client-identifier'
        f" {client_id};\n}}\n"
    )
    assert traces.dhclient_lease(text) == ({"ens192": mac} if mac else {})


@pytest.mark.parametrize(
    "times, end",
    [
        (["4 2026/11/26 12:00:00", "5 2026/11/27 12:00:00"], "2026/11/27 12:00:00"),
        (["epoch 1795780800; # Fri Nov 27 12:00:00 2026", "never"], "2026/11/27 12:00:00"),
        (["4 2026/11/26"], ""),
    ],
)
def test_the_last_lease_of_an_interface_ends_at_a_time(times, end):
    text = "".join(f'lease {{\n  interface "ens192";\n  expire {time};\n}}\n' for time in times)
    assert traces.last_expiry(text, "ens192") == end
    assert traces.last_expiry(text, "ens224") == ""


@pytest.mark.parametrize(
    "duid, interfaces, found",
    [
        (r"\000\001\000\001\037\002\003\004\000PV\252\273\314", ["ens192"], {"ens192": MAC}),
        (r"\000\003\000\001\000PV\252\273\314", ["ens192", "ens192"], {"ens192": MAC}),
        (r"\000\003\000\001\000PV\252\273\314", ["ens192", "ens224"], {}),
        (r"\000\002\000\000\253\021\252\273\314\001\002\003\004", ["ens192"], {}),
    ],
)
def test_a_duid_tells_the_address_of_its_only_interface(duid, interfaces, found):
    leases = "".join(f'lease6 {{\n  interface "{name}";\n}}\n' for name in interfaces)
    assert traces.dhclient_lease(f'default-duid "{duid}";\n{leases}') == found


def test_leases_are_found_where_programs_keep_them():
    root = Root(
        {
            "/var/lib/dhcp/dhclient.ens192.leases": (
                f'lease {{\n  interface "ens192";\n  option dhcp-client-identifier 1:{MAC};\n}}\n'
            ),
            f"/var/lib/NetworkManager/internal-{UUID}-ens224.lease": (
                f"ADDRESS=10.0.2.15\nCLIENTID=01{OTHER.replace(':', '')}\n"
            ),
            f"/var/lib/NetworkManager/internal-{UUID}-ens225.lease": "ADDRESS=10.0.2.15\n",
            "/var/lib/wicked/lease-eth0-dhcp-ipv4.xml": "<lease><client-id>01:00:50:56:00:00:01</client-id></lease>",
            "/var/lib/wicked/lease-eth1-dhcp-ipv4.xml": "<lease><client-id>ff:00:50:56:00:00:01</client-id></lease>",
        }
    )
    assert {name: mac for name, (mac, _file) in traces.from_leases(root).items()} == {
        "ens192": MAC,
        "ens224": OTHER,
        "eth0": "00:50:56:00:00:01",
    }


LLT, LL, UUID_TYPE = "00:01:00:01:1f:02:03:04", "00:03:00:01", "00:04:00:01:02:03"


@pytest.mark.parametrize(
    "leases, found",
    [
        ({"eth0-dhcp-ipv4": f"ff:00:00:00:01:{LLT}:{MAC}"}, {"eth0": MAC}),
        ({"eth0-dhcp-ipv6": f"{LL}:{MAC}"}, {"eth0": MAC}),
        ({"eth0-dhcp-ipv4": f"01:{OTHER}", "eth0-dhcp-ipv6": f"{LL}:{MAC}"}, {"eth0": OTHER}),
        ({"eth0-dhcp-ipv4": "x", "eth0-dhcp-ipv6": f"{LLT}:{MAC}"}, {"eth0": MAC}),
        ({"eth0-dhcp-ipv6": f"{LL}:{MAC}", "eth1-dhcp-ipv4": "x"}, {}),
        ({"eth0-dhcp-ipv6": f"{LL}:{MAC}", "eth1-dhcp-ipv4": f"01:{OTHER}"}, {"eth1": OTHER}),
        ({"eth0-dhcp-ipv6": f"{UUID_TYPE}:{MAC}"}, {}),
        ({"eth0\n-dhcp-ipv6": f"{LL}:{MAC}"}, {}),
    ],
)
def test_wickeds_duid_tells_the_address_of_the_only_interface(leases, found):
    files = {
        f"/var/lib/wicked/lease-{name}.xml": f"<lease><client-id>{client}</client-id></lease>"
        for name, client in leases.items()
    }
    assert {name: mac for name, (mac, _file) in traces.from_leases(Root(files)).items()} == found


@pytest.mark.parametrize(
    "lines, found",
    [
        (["[    2.1] e1000 0000:02:01.0 eth0: (PCI:66MHz:32-bit) 00:0c:29:11:22:33"], {"eth0": OTHER}),
        (
            [
                "[    2.1] e1000 0000:02:01.0 eth0: (PCI:66MHz:32-bit) 00:0C:29:11:22:33",
                "[    2.2] e1000 0000:02:01.0 eth0: Intel(R) PRO/1000 Network Connection",
                "[    2.3] e1000 0000:02:01.0 ens33: renamed from eth0",
                "[    2.4] e1000e 0000:03:00.0 eth0: (PCI Express:2.5GT/s:Width x1) 00:50:56:aa:bb:cc",
                "[    2.5] e1000e 0000:03:00.0 ens34: renamed from eth0",
            ],
            {"ens33": OTHER, "ens34": MAC},
        ),
        (["r8169 0000:02:00.0 eth0: RTL8168h/8111h, 00:50:56:aa:bb:cc, XID 541, IRQ 127"], {"eth0": MAC}),
        (
            [
                "vmxnet3 0000:0b:00.0 ens192: NIC Link is Up 10000 Mbps",
                "vmxnet3 0000:0b:00.0 ens192: renamed from eth0",
            ],
            {},
        ),
        (["Nov 21 web01 dhclient[1]: Listening on LPF/ens192/00:50:56:aa:bb:cc"], {"ens192": MAC}),
        (["ci-info: | ens192 | True | 10.0.2.15 | 255.255.255.0 | global | 00:50:56:aa:bb:cc |"], {"ens192": MAC}),
        (["ci-info: | ens192 | False | . | . | . | 00:50:56:aa:bb:cc |"], {}),
        (["Sending on   LPF/ens192/00:0c:29:11:22:33", "Sending on   LPF/ens192/00:50:56:aa:bb:cc"], {"ens192": MAC}),
        (["bluetooth hci0: 00:50:56:aa:bb:cc:dd:ee", "", "\udcff"], {}),
    ],
)
def test_drivers_and_programs_that_name_a_nic_with_its_address(lines, found):
    assert traces.log(lines) == found


def test_the_newest_log_counts_and_the_journal_when_it_is_asked_for():
    line = "Sending on   LPF/ens192/{}\n"
    journal = "/var/log/journal/0123/system.journal"
    root = Root({"/var/log/syslog": line.format(MAC), journal: "\0\0MESSAGE=" + line.format(OTHER) + "\0\0"})
    assert traces.from_logs(root, journal=False) == {"ens192": traced_in(MAC, "/var/log/syslog")}
    assert traces.from_logs(root, journal=True) == {"ens192": traced_in(OTHER, journal)}


def test_only_the_end_of_a_log_is_read():
    root = Root({"/var/log/syslog": f"Sending on LPF/ens192/{MAC}\n" + "x" * 80 * 20000})
    assert traces.from_logs(root, journal=False) == {}
