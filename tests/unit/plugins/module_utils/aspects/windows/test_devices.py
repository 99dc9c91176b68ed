# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards, display and console of Windows, and the drivers of virtio-win in its reach."""

from __future__ import annotations

import hashlib

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import devices, first_boot
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows.steps import InstallDrivers
from ansible_collections.virttools.guestconv.plugins.module_utils.model.first_boot import FirstBoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.windows.windows_guests import (
    plan,
    service,
    text_of,
    virtio_win,
    windows,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.virtio_win import (
    catalogs,
    virtio_win_files,
)

NO_DRIVER = "Windows has no driver for it"
CARD = (
    r"[ControlSet001\Enum\PCI\VEN_8086&DEV_10D3&SUBSYS_07D015AD&REV_00\000C29FFFFF3FFDE00]" + '\n"Service"="e1i65x64"\n'
)
DIRECTORY = "/Windows/Drivers/VirtIO"


def usable(root, kind="network"):
    return devices.inspect(root).usable[kind]


def codes(root):
    return [concern.code for concern in devices.inspect(root).concerns]


def test_a_card_that_windows_had_a_driver_for_is_a_choice():
    found = usable(windows(more=CARD + service("e1i65x64"), files=["e1i65x64"]))
    assert found["e1000e"] == ""
    assert found["e1000"] == NO_DRIVER
    assert usable(windows(more=CARD + service("e1i65x64")))["e1000e"] == NO_DRIVER
    assert usable(windows(more=CARD))["e1000e"] == NO_DRIVER


@pytest.mark.parametrize("target", ["kvm", "libvirt", "proxmox"])
def test_the_card_of_vmware_is_a_choice_that_windows_alone_has(target):
    card = CARD.replace("8086&DEV_10D3", "15AD&DEV_07B0").replace("e1i65x64", "vmxnet3ndis6")
    root = windows(more=card + service("vmxnet3ndis6"), files=["vmxnet3ndis6"], target=target)
    assert usable(root)["vmxnet3"] == ""
    assert usable(windows(target=target))["vmxnet3"] == NO_DRIVER
    assert "vmxnet3" not in [model.driver for model in root.guest.target.models["network"]]


@pytest.mark.parametrize("coding", ["ascii", "utf-16"])
def test_a_card_that_an_inf_names_is_a_choice(coding):
    content = "%a% = E1G60, pci\\ven_8086&dev_100e\r\n%b% = c, PCI\\VEN_8086&DEV_10D3&SUBSYS_00011028\r\n".encode(
        coding
    )
    found = usable(windows((6, 1), 7601, others={"/Windows/inf/NetE1G60.INF": content}))
    assert (found["e1000"], found["e1000e"]) == ("", NO_DRIVER)


def test_a_card_of_the_hive_drivers_is_a_choice():
    root = windows()
    drivers_hive = windows().files["/Windows/System32/config/SYSTEM"][:512]
    root.files["/Windows/System32/config/DRIVERS"] = (
        drivers_hive + b"[DriverDatabase\\DeviceIds\\PCI\\VEN_8086&DEV_10D3]\n"
    )
    assert usable(root)["e1000e"] == ""


def test_a_display_of_virtio_is_known_by_its_service_and_by_the_only_id_of_its_inf():
    root = windows(more=service("VioGpuDod", image=r"System32\\drivers\\viogpudo.sys"), files=["viogpudo"])
    assert usable(root, "graphics")["virtio-vga"] == ""
    root = windows()
    root.files["/Windows/System32/config/DRIVERS"] = (
        windows().files["/Windows/System32/config/SYSTEM"][:512]
        + b"[DriverDatabase\\DeviceIds\\PCI\\VEN_1AF4&DEV_1050&SUBSYS_11001AF4&REV_01]\n"
    )
    assert usable(root, "graphics")["virtio-vga"] == ""


def test_a_display_and_a_serial_port_need_no_driver():
    assert usable(windows(), "graphics") == {
        "virtio-vga": f"{NO_DRIVER}, and virtio_win is not given",
        "qxl-vga": f"{NO_DRIVER}, and virtio_win is not given",
        "VGA": "",
    }
    assert usable(windows(), "console") == {"isa-serial": "", "virtconsole": NO_DRIVER}


def test_what_virtio_win_has_is_a_choice_and_in_the_description(tmp_path):
    root = windows(virtio_win=virtio_win(tmp_path))
    found = devices.inspect(root)
    assert found.usable["network"]["virtio-net-pci"] == "" == found.usable["graphics"]["virtio-vga"]
    assert found.usable["graphics"]["qxl-vga"] == "virtio-win has no qxldod in its folder w10/amd64"
    version = "100.93.104.24000"
    assert found.info["virtio_win"] == {
        "path": str(tmp_path),
        "folder": "w10/amd64",
        "drivers": {"netkvm": version, "viostor": version, "vioscsi": version, "viogpudo": version},
    }
    assert found.info["boot_drivers"] == {"stornvme": 0, "LSI_SAS": 0, "storahci": 0, "intelide": 0, "atapi": 0}
    assert not found.concerns


def test_what_is_missing_of_virtio_win_is_a_concern(tmp_path):
    assert codes(windows()) == ["virtio-win-not-given"]
    assert codes(windows(target="vmware")) == []
    assert codes(windows((6, 1), 7601, virtio_win=virtio_win(tmp_path, ("w10",)))) == ["virtio-win-without-release"]


def test_a_publisher_that_windows_would_ask_about_is_trusted_at_the_first_boot(tmp_path):
    files = virtio_win_files.tree(("w7",))
    certificate = catalogs.certificate("Red Hat, Inc", "An authority")
    files.update((path, catalogs.catalog(certificate)) for path in files if path.endswith(".cat"))
    root = windows((6, 1), 7601, virtio_win=virtio_win(tmp_path, files=files))
    (concern,) = devices.inspect(root).concerns
    assert concern.code == "windows-publisher-trusted" and "(Red Hat, Inc)" in concern.message
    chosen = plan(root)
    with root.on_behalf_of("drivers"):
        devices.convert(root, chosen)
    (step,) = chosen.windows_first_boot
    (name,) = step.publishers
    assert (step.authorities, root.read_bytes(f"{DIRECTORY}/{name}")) == ((), certificate)
    assert name == f"{hashlib.sha1(certificate).hexdigest()}.cer"
    before = root.changes()
    with root.on_behalf_of("drivers"):
        devices.convert(root, chosen)
    assert root.changes() == before


SIGNED = bytes.fromhex("06092a864886f70d010702")
SHA_256 = bytes.fromhex("0609608648016503040201")
CROSS, MICROSOFT = b"Microsoft Code Verification Root", b"Microsoft Windows Hardware Compatibility Publisher"


def signed(directory, system, signature):
    files = virtio_win_files.tree((system,))
    files.update((path, SIGNED + signature) for path in files if path.endswith(".cat"))
    return virtio_win(directory, files=files)


@pytest.mark.parametrize(
    "signature, update, expected",
    [
        (CROSS + SHA_256, "", ["windows-sha2-missing"]),
        (CROSS + SHA_256, "Package_for_KB4474419~31bf3856ad364e35~amd64~~6.1.3.2.mum", []),
        (CROSS + SHA_256, "Package_for_RollupFix~31bf3856ad364e35~amd64~~7601.24000.1.1.mum", []),
        (CROSS + SHA_256, "Package_for_KB2545698~31bf3856ad364e35~amd64~~6.1.1.0.mum", ["windows-sha2-missing"]),
        (CROSS, "", []),
    ],
)
def test_windows_7_needs_an_update_for_signatures_with_sha_256(tmp_path, signature, update, expected):
    others = {f"/Windows/servicing/Packages/{update}": ""} if update else {}
    assert codes(windows((6, 1), 7601, virtio_win=signed(tmp_path, "w7", signature), others=others)) == expected


@pytest.mark.parametrize(
    "signature, words",
    [(MICROSOFT, None), (CROSS, "Not signed by Microsoft are: netkvm.cat, viogpudo.cat, vioscsi.cat, viostor.cat.")],
)
def test_secure_boot_is_a_concern(tmp_path, signature, words):
    root = windows(virtio_win=signed(tmp_path, "w10", signature), hardware={"secure_boot": True})
    (found,) = devices.inspect(root).concerns
    assert found.code == "windows-drivers-secure-boot"
    assert words is None or words in found.message
    assert (words is None) == ("Not signed" not in found.message)


def convert(root, chosen=None):
    chosen = chosen or plan(root)
    with root.on_behalf_of(devices.NAME):
        devices.convert(root, chosen)
    return chosen


def test_the_drivers_are_where_windows_searches_and_the_first_boot_installs_them(tmp_path):
    root = windows(virtio_win=virtio_win(tmp_path))
    chosen = convert(root)
    names = sorted(path[len(DIRECTORY) + 1 :] for path in root.files if path.startswith(f"{DIRECTORY}/"))
    assert names == [f"{n}.{e}" for n in ("netkvm", "viogpudo", "vioscsi", "viostor") for e in ("cat", "inf", "sys")]
    assert root.files[f"{DIRECTORY}/netkvm.sys"] == b"netkvm.sys of a test"
    assert '"DevicePath"=expand:"%SystemRoot%\\\\inf;%SystemRoot%\\\\Drivers\\\\VirtIO"' in text_of(root, "SOFTWARE")
    assert chosen.windows_first_boot == [InstallDrivers("%SystemRoot%\\Drivers\\VirtIO")]
    changes = root.changes()
    convert(root)
    assert root.changes() == changes


def test_drivers_that_windows_does_not_load_are_not_copied(tmp_path):
    root = windows((6, 3), 9600, virtio_win=signed(tmp_path, "w8.1", b"virtio-win"))
    assert convert(root).windows_first_boot == []
    assert not root.changes()


def test_a_file_that_is_there_in_another_letter_case_is_replaced(tmp_path):
    root = windows(virtio_win=virtio_win(tmp_path), others={"/Windows/Drivers/virtio/NETKVM.SYS": b"older"})
    convert(root)
    there = [path for path in root.files if path.casefold().endswith("virtio/netkvm.sys")]
    assert there == ["/Windows/Drivers/virtio/NETKVM.SYS"]
    assert root.files[there[0]] == b"netkvm.sys of a test"


def test_without_virtio_win_nothing_is_changed():
    root = windows()
    assert convert(root).windows_first_boot == [] and root.changes() == []


@pytest.mark.parametrize(
    "before, after",
    [
        ("", r"%SystemRoot%\inf;%SystemRoot%\Drivers\VirtIO"),
        (r"%SystemRoot%\inf;", r"%SystemRoot%\inf;%SystemRoot%\Drivers\VirtIO"),
        (r"C:\a;%SystemRoot%\inf", r"C:\a;%SystemRoot%\inf;%SystemRoot%\Drivers\VirtIO"),
        (r"%systemroot%\drivers\virtio\;C:\a", r"%systemroot%\drivers\virtio\;C:\a"),
    ],
)
def test_the_directory_is_in_the_path_once(before, after):
    assert devices.with_directory(before) == after
    assert devices.with_directory(after) == after


def test_the_agent_that_the_first_boot_is_to_install_is_that_of_virtio_win(tmp_path):
    files = {**virtio_win_files.tree(), "guest-agent/qemu-ga-x86_64.msi": b"the agent"}
    root = windows(virtio_win=virtio_win(tmp_path, files=files))
    chosen = plan(root)
    chosen.first_boot = FirstBoot(agent=True)
    with root.on_behalf_of(first_boot.NAME):
        first_boot.convert(root, chosen)
    assert root.files["/Windows/Guestconv/files/qemu-ga-x86_64.msi"] == b"the agent"
    assert "qemu-ga-x86_64.msi" in root.read("/Windows/Guestconv/firstboot.cmd")
    assert chosen.hardware.guest_agent


@pytest.mark.parametrize(
    "options, expected",
    [
        (" NOEXECUTE=OPTIN  FLIGHTSIGNING", False),
        (" TESTSIGNING  NOEXECUTE=OPTIN", True),
        ("", False),
    ],
)
def test_drivers_that_are_signed_for_tests_are_choices_only_in_test_mode(tmp_path, options, expected):
    more = f'[ControlSet001\\Control]\n"SystemStartOptions"="{options}"\n'
    root = windows((6, 3), 9600, virtio_win=signed(tmp_path, "w8.1", b"virtio-win" + SHA_256), more=more)
    reason = usable(root)["virtio-net-pci"]
    assert reason == "" if expected else "netkvm in virtio-win's folder w8.1/amd64 is signed for tests only" in reason
