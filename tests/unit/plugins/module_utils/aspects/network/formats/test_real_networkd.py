# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file systemd-networkd takes for a card: the real one is asked, in a network of its own with two cards.

It reads no files without running. Its cards are ends of veth pairs, and /sys is read-only, so that it does not wait for
udev (udev_available() in systemd).
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess

import pytest

from tests.network_guests import case

NETWORKD = "/lib/systemd/systemd-networkd"
MACS = {"ens192": "00:50:56:aa:bb:cc", "ens224": "00:50:56:aa:bb:cd"}
DIRECTORY = "/etc/systemd/network"

# $1: a directory with the files. Prints the addresses of all links as JSON.
# systemd-networkd gives up root's rights, and can read the files whatever the umask is.
_ASK = f"""
set -e
umask 022
chmod -R u=rwX,go=rX "$1"
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
chown -R systemd-network: /run/systemd/netif
mount --bind "$1" {DIRECTORY}
mount -t sysfs -o ro sysfs /sys
for card in {" ".join(MACS)}; do
    ip link add "$card" type veth peer name "to-$card"
    ip link set "to-$card" up
done
{"".join(f"ip link set {name} address {mac};" for name, mac in MACS.items())}
{NETWORKD} > /run/log 2>&1 &
# It is done with a card that it has configured or does not manage; there are two pairs, and the loopback.
for count in $(seq 1200); do
    sleep 0.1
    states=$(cat /run/systemd/netif/links/* 2>/dev/null | grep -c -E '^ADMIN_STATE=(configured|unmanaged)') || true
    [ "$states" -lt 5 ] || break
done
kill $!
ip -json address show
"""


def _can_ask():
    """Whether this machine has systemd-networkd, and lets this user have a network of its own."""
    if os.geteuid() or not os.access(NETWORKD, os.X_OK) or not os.path.isdir(DIRECTORY) or not shutil.which("ip"):
        return False
    command = ["unshare", "--net", "--mount", "ip", "link", "add", "x", "type", "veth", "peer", "name", "y"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not _can_ask(), reason="systemd-networkd, root and network namespaces are needed")


def addresses_by_networkd(files, directory):
    """{card: its IPv4 addresses} that systemd-networkd configures with files, {name: text}."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        # Else it waits for routers of IPv6, and a card is not configured before.
        path.write_text(text.replace("[Network]\n", "[Network]\nLinkLocalAddressing=no\n"), encoding="utf-8")
    command = ["unshare", "--net", "--mount", "bash", "-c", _ASK, "bash", str(directory)]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    return {
        link["ifname"]: [
            f"{each['local']}/{each['prefixlen']}" for each in link["addr_info"] if each["family"] == "inet"
        ]
        for link in json.loads(asked.stdout)
        if link["ifname"] in MACS
    }


def addresses_by_us(files):
    """The same as inspection has them, of a guest of which the cards are known."""
    hardware = {"interfaces": [{"mac": mac} for mac in MACS.values()]}
    libraries = dict.fromkeys(glob.glob("/usr/lib/*/systemd/libsystemd-shared-*.so"), "")
    texts = {f"{DIRECTORY}/{name}": text for name, text in files.items()}
    outcome = case.run({"files": {**libraries, **texts}, "hardware": hardware})
    assert outcome.error is None
    by_mac = {nic["mac"]: nic["addresses"] for nic in outcome.nics.values()}
    named = {name: outcome.nics[name]["addresses"] for name in MACS if name in outcome.nics}
    return {name: named.get(name, by_mac.get(mac, [])) for name, mac in MACS.items()}


def network(match, address, more=""):
    return f"[Match]\n{match}\n{more}\n[Network]\nAddress={address}\n"


A, B = "10.0.2.15/24", "10.0.3.15/24"
CASES = {
    "names": {"a.network": network("Name=ens192", A), "b.network": network("Name=ens224", B)},
    "MAC addresses": {
        "a.network": network(f"MACAddress={MACS['ens192'].upper().replace(':', '-')}", A),
        "b.network": network("MACAddress=0050.56aa.bbcd", B),
    },
    "a list of MAC addresses": {
        "a.network": network(f"MACAddress=02:00:00:00:00:01 {MACS['ens192']}", A),
        "b.network": network("Name=ens224", B),
    },
    "the first file that fits is taken": {"a.network": network("Name=ens192", A), "b.network": network("Name=ens*", B)},
    "a pattern before a name": {"a.network": network("Name=ens1*", A), "b.network": network("Name=ens192 ens224", B)},
    "none of these names": {
        "a.network": network("Name=!ens192 eth*", B),
        "b.network": network("Name=ens192", A),
        "c.network": network("Name=ens224", "10.0.4.15/24"),
    },
    "an exclamation mark is that of all words": {
        "a.network": network("Name=!ens192 ens*", B),
        "b.network": network("Name=ens192", A),
        "c.network": network("Name=ens224", "10.0.4.15/24"),
    },
    "a key twice": {"a.network": network("Name=ens192\nName=ens224", A)},
    "an empty value takes the ones before it back": {
        "a.network": network("Name=ens192\nName=\nName=ens224", B),
        "b.network": network("Name=ens192", A),
    },
    "a drop-in": {
        "a.network": network("Name=ens192", A),
        "a.network.d/more.conf": "[Network]\nAddress=10.0.4.15/24\n",
    },
    "a match in a drop-in": {
        "a.network": network("Name=ens192", A),
        "a.network.d/more.conf": "[Match]\nName=ens224\n",
    },
    "an [Address] section": {"a.network": f"[Match]\nName=ens192\n\n[Network]\n\n[Address]\nAddress={A}\nLabel=x\n"},
    "another file type": {"a.conf": network("Name=ens192", B), "b.network": network("Name=ens192", A)},
    "a file without a [Match]": {
        "a.network": f"[Network]\nAddress={B}\n",
        "b.network": f"[Match]\nName=\n[Network]\nAddress={B}\n",
        "c.network": network("Name=ens192", A),
    },
    "a question mark and a range": {"a.network": network("Name=ens?92", A), "b.network": network("Name=ens[2-3]24", B)},
}


@pytest.mark.parametrize("files", CASES.values(), ids=CASES)
def test_systemd_networkd_configures_what_we_read(files, tmp_path):
    assert addresses_by_us(files) == addresses_by_networkd(files, tmp_path)
