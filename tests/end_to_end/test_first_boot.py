# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian guest that runs a script and installs a package at its first boot on KVM, and at no other."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.qemu.accelerator import (
    PROCESSORS,
    choose,
    find_emulator,
)
from tests.end_to_end.conftest import looked_into

pytestmark = pytest.mark.matrix

# Seconds. A boot that is emulated takes one or two minutes; a machine that hangs would take for ever.
_CEILING = 1800

# What it starts powers the guest off, in this boot and in the next one, when the runner has long ended.
SCRIPT = """\
#!/bin/bash
echo "the script runs as $(id -un) with $(guestconv-example)"
echo once >>/root/witness
cat >/etc/systemd/system/off.timer <<END
[Timer]
OnActiveSec=30
Unit=poweroff.target
[Install]
WantedBy=multi-user.target
END
systemctl enable off.timer
systemctl start off.timer
"""
DIRECTORY = "/var/lib/guestconv/first-boot"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The path of a Debian package with one program."""
    top = tmp_path_factory.mktemp("package")
    for path, text in {
        "tree/DEBIAN/control": "Package: guestconv-example\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\n"
        "Description: an example\n",
        "tree/usr/bin/guestconv-example": "#!/bin/sh\necho the package\n",
    }.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_text(text, encoding="utf-8")
    (top / "tree/usr/bin/guestconv-example").chmod(0o755)
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "tree", "example_1_all.deb"], cwd=top, check=True)
    return top / "example_1_all.deb"


def boot(disk, *arguments):
    """Boot a disk on virtio, on which all that the guest writes stays, until the guest powers itself off."""
    accelerator, _why = choose("auto")
    command = [find_emulator(), "-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35", "-m", "1024"]
    command += ["-accel", accelerator, "-cpu", PROCESSORS[accelerator], "-device", "virtio-vga", "-serial", "stdio"]
    command += ["-drive", f"file={disk},format=qcow2,if=none,id=disk", "-device", "virtio-blk-pci,drive=disk"]
    command += ["-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net,romfile=", *arguments]
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, errors="replace", check=False, timeout=_CEILING
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_script_and_the_package_of_the_user_run_once_and_their_log_stays(module, copy_of, package):
    disk = copy_of("debian12-vmware", "first-boot")
    options = {"disks": [str(disk)], "first_boot": {"content": SCRIPT, "packages": [str(package)]}}
    converted = module("guestconv_convert", **options)
    assert converted.get("changed") is True, converted
    assert [change["path"] for change in converted["changes"] if change["aspect"] == "first_boot"] == [
        f"{DIRECTORY}/files/example_1_all.deb",
        f"{DIRECTORY}/script",
        f"{DIRECTORY}/run",
        f"{DIRECTORY}/pending",
        "/etc/systemd/system/guestconv-first-boot.service",
        "/etc/systemd/system/multi-user.target.wants/guestconv-first-boot.service",
    ]
    assert module("guestconv_convert", **options)["changes"] == []
    boot(disk)
    with looked_into(disk) as root:
        log = root.read("/var/log/guestconv-first-boot.log")
        assert root.list(DIRECTORY) == ["ran"]
        assert root.glob("/etc/systemd/system/*guestconv*", "/etc/systemd/system/*/*guestconv*") == []
    assert "the script runs as root with the package" in log and "The first boot is complete." in log
    boot(disk)
    with looked_into(disk) as root:
        assert root.read("/root/witness") == "once\n"
        assert root.read("/var/log/guestconv-first-boot.log") == log
    assert module("guestconv_convert", **options)["changes"] == []
