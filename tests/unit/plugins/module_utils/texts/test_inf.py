# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""INF files: what Windows would install by them."""

from __future__ import annotations

import codecs
import datetime

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.texts import driver_packages, inf
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.texts import inf_files

WINDOWS_10 = inf.Release("amd64", 10, 0, 18362)
WINDOWS_7 = inf.Release("amd64", 6, 1, 7601)


def driver(text, release=WINDOWS_10):
    return inf.driver_for(inf.parse(text.encode()), release)


def test_a_storage_driver_is_read_with_its_service_ids_and_version():
    found = driver(inf_files.storage())
    assert found.class_name == "SCSIAdapter"
    assert found.class_guid == "{4D36E97B-E325-11CE-BFC1-08002BE10318}"
    assert found.provider == "A Vendor, Inc."
    assert (found.date, found.version) == (datetime.date(2023, 7, 21), (100, 93, 104, 24000))
    assert found.catalog == "viostor.cat"
    assert [device.ids for device in found.devices] == [
        ("PCI\\VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00", "PCI\\VEN_1AF4&DEV_1001"),
        ("PCI\\VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01", "PCI\\VEN_1AF4&DEV_1042"),
    ]
    assert {(device.description, device.section) for device in found.devices} == {('A "viostor" controller', "inst")}
    assert found.service == inf.Service(
        "viostor",
        "viostor.sys",
        type=1,
        start=0,
        error_control=1,
        group="SCSI miniport",
        settings=(inf.Setting("Parameters\\PnpInterface", "5", 1), inf.Setting("Parameters", "BusType", 1)),
    )
    assert len(found.ids) == 4


@pytest.mark.parametrize(
    "mark, coding",
    [
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF8, "utf-8"),
        (b"", "utf-16-le"),
    ],
)
def test_the_coding_is_that_of_the_mark_and_utf_16_is_known_without(mark, coding):
    data = mark + inf_files.storage().replace("\n", "\r\n").encode(coding)
    assert inf.driver_for(inf.parse(data), WINDOWS_10) == driver(inf_files.storage())


def test_a_text_of_the_code_page_is_read():
    assert inf.decoded(b"caf\xe9 \x80") == "caf\xe9 \u20ac"


@pytest.mark.parametrize(
    "decorations, release, expected",
    [
        ("NTamd64.10.0", WINDOWS_10, "M.NTamd64.10.0"),
        ("NTamd64.10.0", WINDOWS_7, ""),
        ("NTamd64.6.1, NTamd64.6.3, NTamd64.11.0", WINDOWS_10, "M.NTamd64.6.3"),
        ("NTamd64.10.0...14393, NTamd64.10.0...22000", WINDOWS_10, "M.NTamd64.10.0...14393"),
        ("NTamd64.10.0...22000", WINDOWS_10, ""),
        ("NTx86.6.1", WINDOWS_7, ""),
        ("NTamd64", WINDOWS_7, "M.NTamd64"),
        ("ntAMD64.6", WINDOWS_7, "M.ntAMD64.6"),
        ("NTamd64.6.1.1", WINDOWS_7, "M.NTamd64.6.1.1"),
        ("NTamd64.6.1.3", WINDOWS_7, ""),
        ("NTamd64.6.1.3", inf.Release("amd64", 6, 1, 7601, is_server=True), "M.NTamd64.6.1.3"),
        ("NTamd64.6.1.0x0000003", WINDOWS_7, ""),
        ("NTamd64.6.1.0x0000001", WINDOWS_7, "M.NTamd64.6.1.0x0000001"),
        ("NTamd64.10.0.1..17763, NTamd64.10.0.1..22000", WINDOWS_10, "M.NTamd64.10.0.1..17763"),
        ("NTamd64.10.0.3.0x80.14393", WINDOWS_10, ""),
        ("NT.6.0, NTx86.6.1", inf.Release("x86", 6, 0), "M.NT.6.0"),
        ("", inf.Release("x86", 6, 1), "M"),
        ("", WINDOWS_7, ""),
        ("NTARM64.10.0", inf.Release("arm64", 10, 0), "M.NTARM64.10.0"),
        ("rubbish, NTamd64.6.1", WINDOWS_7, "M.NTamd64.6.1"),
    ],
)
def test_the_models_are_those_of_the_latest_version_that_is_not_above(decorations, release, expected):
    fields = tuple(part.strip() for part in decorations.split(",")) if decorations else ()
    assert inf._models_section(inf.Line("vendor", ("M", *fields)), release) == expected


def test_comments_quotes_and_continued_lines():
    text = (
        "[A] ; x\n"
        'a = one, \\\n  "two; three, =", %s% ;, four\n'
        "; b = c\n"
        "[ a ]\n"
        'b = %12%\\x%%, "say ""yes"""\n'
        "[strings]\ns = three ; four\n"
        "[B]\nends with \\"
    )
    found = inf.parse(text.encode())
    assert found["a"] == (
        inf.Line("a", ("one", "two; three, =", "three")),
        inf.Line("b", ("%12%\\x%", 'say "yes"')),
    )
    assert found["b"] == (inf.Line("", ("ends with",)),)


def test_a_service_that_does_not_drive_the_device_is_not_its_service():
    text = inf_files.storage().replace(
        "AddService = viostor, 0x00000002", "AddService = other,, x\nAddService = viostor,2"
    )
    found = driver(text).service
    assert found is not None and found.name == "viostor"
    assert driver(inf_files.storage().replace("0x00000002 ", "0")).service is None


@pytest.mark.parametrize("text, expected", [("10", 10), ("0x10", 16), ("", 0), ("-1", 0), ("0xg", 0), ("9" * 99, 0)])
def test_a_number_is_decimal_or_hexadecimal(text, expected):
    assert inf.number(text) == expected


@pytest.mark.parametrize("text", ["", "02/30/2020,1.2.3.4", "1/1/20", "soon"])
def test_a_date_that_is_none_is_not_known(text):
    assert driver(inf_files.storage().replace("07/21/2023,100.93.104.24000", text)).date is None


def test_the_version_of_a_package_is_what_windows_wrote_for_such_a_driver():
    """pvscsi 1.3.15.0 of VMware Tools in the Windows 10 hive of shared/hives."""
    expected = "00ff0900000000007be9364d25e3ce11bfc108002be1031800003b3ac548d50100000f00030001000000000000000000"
    text = inf_files.storage(date="08/02/2019", version="1.3.15.0")
    found = driver(text)
    value = driver_packages.version_value(found, driver_packages.PROCESSORS["amd64"])
    assert value.hex() == expected
    assert driver_packages.processor_in(value) == 9
    assert driver_packages.processor_in(value[:-1]) is None


def test_a_driver_without_a_class_has_no_version():
    with pytest.raises(ValueError, match="not the GUID"):
        driver_packages.version_value(driver(inf_files.storage().replace("ClassGUID", "Other")), 9)


def test_a_package_is_called_as_windows_calls_it_and_differs_with_its_content():
    name = driver_packages.package_name("VioStor.inf", "amd64", b"a")
    assert name == "viostor.inf_amd64_ca978112ca1bbdca"
    assert name != driver_packages.package_name("VioStor.inf", "amd64", b"b")
