# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network aspect on real files: globs, directories and links as the appliance finds them."""

from __future__ import annotations

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import network
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import menu

FILES = {
    "/etc/network/interfaces": "source interfaces.d/*\nsource-directory more\nauto ens192\niface ens192 inet dhcp\n",
    "/etc/network/interfaces.d/second.cfg": "auto ens224\niface ens224 inet static\n\taddress 10.0.2.15/24\n",
    "/etc/network/more/third": "iface ens256 inet dhcp\n",
    "/etc/network/more/third.dpkg-old": "iface ens300 inet dhcp\n",
    "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so": "",
    "/etc/udev/rules.d/70-persistent-net.rules": 'DRIVERS=="vmxnet3", ATTR{address}=="00:50:56:aa:bb:01", '
    'NAME="ens192"\n',
}
HARDWARE = {
    "interfaces": [{"mac": f"00:50:56:aa:bb:0{number}", "addresses": []} for number in (1, 2, 3)],
}


def convert(root, **settings):
    found = network.inspect(root).devices["network"]
    drivers = {identifier: "virtio-net-pci" for identifier in found if identifier != "ens224"}
    removed = [identifier for identifier in found if identifier not in drivers]
    selection = Selection({"network": drivers}, {"network": removed}, {"network": settings})
    with root.on_behalf_of(network.NAME):
        network.convert(root, Plan(root.guest.target, selection))
    return found


def test_nics_keep_their_names_and_one_goes(make_root, appliance):
    root = make_root(FILES, boot_menu=menu(""), hardware=HARDWARE)
    appliance.mkdir_p("/etc/systemd/network")
    # How people take systemd's naming out of force.
    appliance.ln_s("/dev/null", "/etc/systemd/network/99-default.link")
    assert list(convert(root)) == ["ens192", "ens224", "ens256"]
    assert {(change.action, change.path) for change in root.changes()} == {
        ("changed", "/etc/network/interfaces.d/second.cfg"),
        ("changed", "/etc/udev/rules.d/70-persistent-net.rules"),
        ("created", "/etc/systemd/network/10-guestconv-ens256.link"),
    }
    assert root.read("/etc/udev/rules.d/70-persistent-net.rules").startswith('DRIVERS=="?*", ATTR{address}')
    count = len(root.changes())
    assert "ens224" not in convert(root)
    assert len(root.changes()) == count


def test_every_format_is_read_from_real_directories(make_root, appliance):
    lease = 'lease {\n  interface "eth1";\n  option dhcp-client-identifier 1:00:50:56:aa:bb:01;\n}\n'
    files = {
        "/etc/network/interfaces": "iface eth1 inet dhcp\n",
        "/etc/netplan/50.yaml": "network: {ethernets: {eth2: {addresses: [10.0.2.2/24]}}}\n",
        "/etc/systemd/network/10-a.network.d/more.conf": "[Network]\nAddress=10.0.3.3/24\n",
        "/usr/lib/systemd/network/10-a.network": "[Match]\nName=eth3\n[Network]\nAddress=10.0.2.3/24\n",
        "/usr/lib/systemd/network/20-b.network": "[Match]\nName=eth9\n",
        "/etc/NetworkManager/system-connections/Wired 1.nmconnection": (
            "[connection]\ntype=ethernet\ninterface-name=eth4\n"
        ),
        "/etc/sysconfig/network-scripts/ifcfg-eth5": "HWADDR=00:50:56:AA:BB:05\nDEVICE=eth5\n",
        "/etc/sysconfig/network/ifcfg-eth6": "BOOTPROTO=dhcp\n",
        "/etc/wicked/ifconfig/eth7.xml": "<interface><name>eth7</name></interface>\n",
        "/var/lib/dhcp/dhclient.eth1.leases": lease,
        "/var/log/syslog": b"\xff" * (2 << 20) + b"\nSending on   LPF/eth6/00:50:56:aa:bb:06\n",
        "/var/lib/wicked/lease-eth7-dhcp-ipv4.xml": "<lease><client-id>01:00:50:56:aa:bb:07</client-id></lease>",
        "/var/log/journal/0123/system.journal": b"LPKSHHRH\0MESSAGE=Sending on   LPF/eth4/00:50:56:aa:bb:04\0\0",
    }
    root = make_root(files, boot_menu=menu(""))
    appliance.ln_s("/dev/null", "/etc/systemd/network/20-b.network")
    found = network.inspect(root).devices["network"]
    assert {name: facts["mac"] and facts["mac"][-2:] for name, facts in found.items()} == {
        "eth1": "01",
        "eth2": None,
        "eth3": None,
        "eth4": "04",
        "eth5": "05",
        "eth6": "06",
        "eth7": "07",
    }
    assert found["eth2"]["addresses"] == ["10.0.2.2/24"]
    assert found["eth3"]["addresses"] == ["10.0.2.3/24", "10.0.3.3/24"]


def test_a_renamed_nic_takes_its_files_along(make_root, appliance):
    suse = "/etc/sysconfig/network"
    files = {
        f"{suse}/ifcfg-eth0": "IPADDR=10.0.2.15/24\n",
        f"{suse}/ifroute-eth0": "default 10.0.2.2 - eth0\n",
        f"{suse}/ifcfg-bond0": "BONDING_MASTER=yes\nBONDING_SLAVE_0=eth0\n",
        "/etc/wicked/ifconfig/v.xml": (
            "<interface><name>office</name><vlan><device>eth0</device></vlan></interface><!-- eth0 -->\n"
        ),
        "/usr/lib/systemd/network/50-lan.link": "[Match]\nMACAddress=00:50:56:aa:bb:01\n[Link]\nName=eth0\n",
        "/etc/initramfs-tools/initramfs.conf": "DEVICE=eth0\n",
        "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so": "",
    }
    root = make_root(files, boot_menu=menu(""))
    appliance.chmod(0o600, f"{suse}/ifcfg-eth0")
    convert(root, eth0={"policy": "rename", "name": "lan0"})
    assert {(change.action, change.path) for change in root.changes()} == {
        ("removed", f"{suse}/ifcfg-eth0"),
        ("created", f"{suse}/ifcfg-lan0"),
        ("removed", f"{suse}/ifroute-eth0"),
        ("created", f"{suse}/ifroute-lan0"),
        ("changed", f"{suse}/ifroute-lan0"),
        ("changed", f"{suse}/ifcfg-bond0"),
        ("changed", "/etc/wicked/ifconfig/v.xml"),
        ("created", "/etc/systemd/network/50-lan.link"),
        ("changed", "/etc/initramfs-tools/initramfs.conf"),
    }
    assert appliance.statns(f"{suse}/ifcfg-lan0")["st_mode"] & 0o7777 == 0o600
    assert root.read(f"{suse}/ifroute-lan0") == "default 10.0.2.2 - lan0\n"
    count = len(root.changes())
    assert list(convert(root, lan0={"policy": "rename", "name": "lan0"})) == ["lan0"]
    assert len(root.changes()) == count
