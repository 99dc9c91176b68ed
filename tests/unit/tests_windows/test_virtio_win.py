# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder that the proofs use is read alike as a directory and as an ISO of xorriso, for each Windows of the hives."""

from __future__ import annotations

import shutil

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.texts.inf import Release
from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win.library import VirtioWin
from tests.guests import windows_drivers

STORAGE = ("viostor", "vioscsi")
RELEASES = {
    "w7/x86": Release("x86", 6, 1, 7601),
    "w8.1/amd64": Release("amd64", 6, 3, 9600),
    "w10/amd64": Release("amd64", 10, 0, 18362),
}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    if shutil.which("xorriso") is None:
        pytest.skip("xorriso is not installed")
    top = tmp_path_factory.mktemp("virtio-win")
    windows_drivers.write_folder(top / "folder")
    windows_drivers.write_iso(top / "folder", top / "image.iso")
    return VirtioWin.opened(str(top / "folder")), VirtioWin.opened(str(top / "image.iso"))


@pytest.mark.parametrize("name", RELEASES)
def test_a_folder_and_its_iso_have_the_same_drivers(both, name):
    folder, image = (each.folder(RELEASES[name]) for each in both)
    assert folder.name == image.name == name
    assert folder.copied() == image.copied()
    for file in folder.copied():
        assert folder.files[file].content() == image.files[file].content()
    system, architecture = name.split("/")
    for driver in windows_drivers.DRIVERS:
        if driver.name == "viogpudo" and system != "w10":
            assert isinstance(folder.driver(driver.name), str)
            continue
        found = folder.driver(driver.name)
        assert found == image.driver(driver.name)
        assert found.service.name == driver.name and found.service.start == driver.start
        assert found.driver.class_guid == driver.kind[1]
        for device, subsystem, revision in driver.ids:
            general = f"PCI\\VEN_1AF4&DEV_{device}"
            assert {f"{general}&SUBSYS_{subsystem}&REV_{revision}", general} <= set(found.driver.ids)
        assert folder.files[f"{driver.name}.sys"].content() == windows_drivers.blob(
            driver.name, system, architecture, "sys"
        )


@pytest.mark.parametrize("name", STORAGE)
def test_what_an_inf_sets_below_its_service_is_known(both, name):
    for each in both:
        service = each.folder(RELEASES["w10/amd64"]).driver(name).service
        settings = {(setting.key, setting.name): setting.number for setting in service.settings}
        assert settings == {
            ("Parameters\\PnpInterface", "5"): 1,
            ("Parameters", "BusType"): {"viostor": 1, "vioscsi": 10}[name],
        }
        assert service.group == "SCSI miniport"


def test_symbols_and_what_belongs_to_cards_that_are_passed_through_are_not_copied(both):
    names = both[0].folder(RELEASES["w10/amd64"]).copied()
    assert {"viostor.sys", "netkvm.inf", "netkvmco.exe", "blnsvr.exe"} <= set(names)
    assert not [name for name in names if name.endswith((".pdb", ".msi")) or name.startswith("vioprot")]
