# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of what describes drivers of Windows."""

from __future__ import annotations

from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.module_utils.texts import driver_packages, inf
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import hostile_texts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.parsers.parser import Parser
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.texts import inf_files

_RELEASES = (inf.Release("amd64", 10, 0, 18362), inf.Release("x86", 6, 1, 7601, is_server=True))


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


PARSERS = (
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
)
