# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools without packages are removed by the records of their installers, and nothing that is not theirs."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.tools import records
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.tools.test_tools import (
    codes,
    convert,
    guest,
    source,
    stanza,
    without_dpkg,
)

LOCATIONS = "/etc/vmware-tools/locations"
FILELIST = "/var/lib/VBoxGuestAdditions/filelist"

VMWARE = """\
answer BINDIR /usr/bin
answer LIBDIR /usr/lib/vmware-tools
directory /usr/lib/vmware-tools
file /usr/lib/vmware-tools/plugins64/vmsvc/libpowerOps.so
file /usr/bin/vmware-uninstall-tools.pl 1393857600
file /usr/sbin/vmtoolsd 1393857600
file /etc/init.d/vmware-tools 1393857600
file /usr/bin/vmware-gone
remove_file /usr/bin/vmware-gone
file /lib/modules/3.10.0-1/misc/vmmemctl.ko
link /usr/lib/vmware-tools/bin64/appLoader /usr/bin/vmware-toolbox-cmd
file /etc/pam.d/vmtoolsd
file /etc/passwd
file /usr/lib/vmware-tools/../../../etc/shadow
file /etc/vmware-tools/locations
"""


def vmware(**more):
    paths = (
        "/usr/lib/vmware-tools/plugins64/vmsvc/libpowerOps.so",
        "/usr/lib/vmware-tools/unrecorded",
        "/usr/bin/vmware-uninstall-tools.pl",
        "/usr/sbin/vmtoolsd",
        "/etc/init.d/vmware-tools",
        "/usr/bin/vmware-gone",
        "/lib/modules/3.10.0-1/misc/vmmemctl.ko",
        "/etc/pam.d/vmtoolsd",
        "/etc/vmware-tools/config",
    )
    return without_dpkg(*paths, **{LOCATIONS: VMWARE, "/etc/passwd": "root", "/etc/shadow": "root", **more})


def test_oracle_14_tools_of_the_tarball_go_by_their_own_record():
    root = vmware(**{"/sbin/depmod": ""})
    root.links["/etc/systemd/system/multi-user.target.wants/vmware-tools.service"] = "/etc/systemd/system/x"
    root.links["/usr/bin/vmware-toolbox-cmd"] = "/usr/lib/vmware-tools/bin64/appLoader"
    assert codes(root) == [("vmware-tools-tarball", "info")]
    convert(root)
    # What the record has taken back, and what is not the tools', stays.
    assert sorted(root.files) == ["/etc/passwd", "/etc/shadow", "/sbin/depmod", "/usr/bin/vmware-gone"]
    assert root.links == {}
    assert root.commands == [["depmod", "-a", "3.10.0-1"]]
    assert root.changes()[-1].path == "/etc/vmware-tools"
    assert (source(root), codes(root)) == (None, [])


def test_services_of_sysvinit_do_not_start_what_is_gone():
    root = vmware()
    root.info["init"] = "sysvinit"
    root.links["/etc/rc3.d/S20vmware-tools"] = "../init.d/vmware-tools"
    codes(root)
    convert(root)
    assert root.links == {}


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/usr/bin/perl",
        "/usr/bin/vmware-a/../../../etc/passwd",
        "//usr/bin/vmware-a",
        "/usr/bin/./vmware-a",
        "usr/bin/vmware-a",
        "/usr/bin/vmware-a/b",
        "/usr/bin/vmware-\x1b[2J",
        "/home/me/usr/bin/vmware-a",
        "/lib/modules/5.10.0/kernel/drivers/net/vmxnet3/vmxnet3.ko",
        "/lib/modules/5.10.0/misc/ext4.ko",
        "",
        "/",
    ],
)
def test_what_is_not_the_tools_stays_whatever_a_record_says(path):
    assert not records.is_theirs(path, records.VMWARE)


def test_tools_of_the_tarball_are_turned_off_by_policy():
    unit = "/usr/lib/systemd/system/vmware-tools.service"
    root = vmware(**{unit: ""})
    root.guest.tools = guest(policy={"vmware": "disable"}).guest.tools
    assert codes(root) == [("tools-disabled", "info")]
    before = dict(root.files)
    convert(root)
    assert root.files == before
    assert root.links == {"/etc/systemd/system/vmware-tools.service": "/dev/null"}


def test_a_record_next_to_packages_is_not_gone_by():
    root = guest(stanza("open-vm-tools"), **{LOCATIONS: VMWARE, "/usr/sbin/vmtoolsd": ""})
    assert codes(root) == [("vmware-tools-installed", "info"), ("vmware-tools-tarball", "warning")]
    convert(root)
    assert "/usr/sbin/vmtoolsd" in root.files and root.commands == [["dpkg", "--purge", "open-vm-tools"]]


def test_the_guest_additions_of_virtualbox_go_by_their_own_record():
    paths = (
        "/opt/VBoxGuestAdditions-7.0.10/uninstall.sh",
        "/opt/VBoxGuestAdditions-7.0.10/lib/VBoxGuestAdditions/mount.vboxsf",
        "/var/lib/VBoxGuestAdditions/config",
        "/usr/src/vboxguest-7.0.10/Makefile",
        "/usr/sbin/VBoxService",
        "/etc/init.d/vboxadd",
        "/lib/systemd/system/vboxadd.service",
        "/lib/modules/6.1.0-1-amd64/misc/vboxguest.ko",
        "/etc/xdg/autostart/vboxclient.desktop",
    )
    record = "/etc/xdg/autostart/vboxclient.desktop\n/opt/VBoxGuestAdditions-7.0.10/\n/etc/fstab\n"
    root = without_dpkg(*paths, **{FILELIST: record, "/etc/fstab": "", "/opt/other": ""})
    root.links["/etc/systemd/system/multi-user.target.wants/vboxadd.service"] = "/lib/systemd/system/vboxadd.service"
    assert source(root) == "virtualbox" and codes(root) == [("hypervisor-tools-tarball", "info")]
    convert(root)
    assert sorted(root.files) == ["/etc/fstab", "/opt/other"] and root.links == {}
