# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of what describes drivers and devices of Windows."""

from __future__ import annotations

from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.windows import instances, nsi, routes
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import driver_packages, inf
from ansible_collections.virttools.guestconv.plugins.module_utils.virtio_win import image, publishers, signatures
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import hostile_texts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.parsers.parser import Parser
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.texts import inf_files
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.virtio_win import catalogs

_SIGNED = bytes.fromhex("06092a864886f70d010702") + b"Microsoft Code Verification Root"
_RELEASES = (inf.Release("amd64", 10, 0, 18362), inf.Release("x86", 6, 1, 7601, is_server=True))


_CATALOG = catalogs.catalog(catalogs.certificate("A publisher", "An authority"))


def _damaged(place, byte):
    return _CATALOG[:place] + bytes((byte,)) + _CATALOG[place + 1 :]


def _inf(data):
    for each in (data, b"\xff\xfe" + data):
        found = inf.parse(each)
        for release in _RELEASES:
            driver = inf.driver_for(found, release)
            try:
                assert len(driver_packages.version_value(driver, 9)) == 48
            except ValueError:
                pass
            assert all(len(identifier) <= 4096 for identifier in driver.ids)
    inf.decoded(data)
    inf.number(data[:9].decode("latin-1"))


def _nsi(name):
    for version in (4, 6):
        for data in (b"", b"\x40" * 48):
            assert all(0 < metric < 10_000 for _luid, metric in nsi.metrics([(name, data)]))
            assert all("/" in address for _luid, address in nsi.addresses([(name, data)], version))
            assert all("/" in route.destination for route in nsi.routes([(name, data)], version))


def _listing(text):
    found = image.entries_in(text)
    assert all(entry.source in found and entry.size >= 0 for entry in found.values())


_INSTANCE = r"PCI\VEN_8086&DEV_10D3&SUBSYS_07D015AD&REV_00\000C29FFFFF3FFDE00"

PARSERS = (
    Parser(
        "device instance path",
        ("PCI\\", "VEN_8086&DEV_10D3", "&SUBSYS_07D015AD&REV_00", "\\000C29FFFFF3FFDE00", "ROOT\\", "\uff10"),
        instances.parse,
        sample=_INSTANCE,
    ),
    Parser(
        "names of persistent routes",
        ("0.0.0.0", "10.8.0.0", ",", "255.255.0.0", "10.1.2.1", "-1", "5", "99999999999", " "),
        routes.persistent,
        sample="10.8.0.0,255.255.0.0,10.1.2.1,5",
    ),
    Parser(
        "keys of tables of network state",
        (),
        _nsi,
        inputs=st.binary(max_size=80).map(bytes.hex) | st.text(max_size=40),
        sample="0000000700000600" + "20010db8" + "0" * 23 + "5",
    ),
    Parser(
        "INF",
        (),
        _inf,
        inputs=st.binary(max_size=300)
        | hostile_texts.documents(*inf_files.storage().split("\n"), "%a%=b,%%", "DriverVer=99/99/9999,1.-1.x", "\\")
        | hostile_texts.documents(*inf_files.storage().split("\n")[:14]),
        sample=inf_files.storage().encode(),
        # Hypothesis found none yet; a string that consists of itself, and one that is longer than any field.
        found=(b"[strings]\na=%a%%a%\n[version]\nclass=%a%", b"[version]\nclass=" + b"%a%" * 4000),
    ),
    Parser(
        "files of an ISO image, as bsdtar lists them",
        (
            "-rw-r--r--  3 0      0        3000 Nov 30 15:33 viostor/2k16/amd64/viostor.sys\n",
            "hrw-r--r--  3 0      0           0 Nov 30 15:33 viostor/w10/amd64/viostor.sys",
            " link to viostor/2k16/amd64/viostor.sys\n",
            "lrwxrwxrwx  1 0      0           0 Nov 30  2023 a -> b\n",
        ),
        _listing,
    ),
    Parser(
        "publishers of drivers",
        (),
        publishers.publisher_in,
        inputs=st.binary(max_size=200) | st.builds(_damaged, st.integers(0, len(_CATALOG) - 1), st.integers(0, 255)),
        sample=_CATALOG,
    ),
    Parser(
        "signatures of drivers",
        (),
        signatures.signature_in,
        inputs=st.binary(max_size=200) | st.just(_SIGNED),
        sample=_SIGNED,
    ),
)
