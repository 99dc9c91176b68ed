# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reasons why a registry differs from virt-v2v's: the documentation has them, and they are for what they name."""

from __future__ import annotations

import pytest

from tests.contract import ROOT
from tests.windows_proof import explanations

DRIVER = "SYSTEM\\DriverDatabase\\DriverPackages\\viostor.inf_amd64_0000000000000000\\Configurations"


def test_the_documentation_has_each_reason():
    text = " ".join((ROOT / "docs" / "windows.md").read_text(encoding="utf-8").split())
    assert [each.reason for each in explanations.EXPLANATIONS if each.reason not in text] == []


@pytest.mark.parametrize(
    ("place", "begins"),
    [
        (DRIVER, "The driver package"),
        ("SYSTEM\\ControlSet001\\Services\\viostor\\Parameters:BusType", "The service of the driver"),
        ("SYSTEM\\ControlSet001\\services\\VMTools:Start", "The services of VMware"),
        ("SYSTEM\\ControlSet001\\Services\\stornvme\\StartOverride:0", "A boot driver"),
    ],
)
def test_a_difference_has_its_reason(place, begins):
    assert explanations.reason(place).startswith(begins)


@pytest.mark.parametrize(
    "place",
    [
        "SYSTEM\\ControlSet001\\Services\\viostor:Start",
        "SYSTEM\\ControlSet001\\Services\\LSI_SAS:Start",
        "SYSTEM\\DriverDatabase\\DriverPackages\\disk.inf_amd64_0000000000000000",
        "SOFTWARE\\Microsoft\\Windows\\CurrentVersion:DevicePath",
    ],
)
def test_another_difference_has_none(place):
    assert explanations.reason(place) is None
