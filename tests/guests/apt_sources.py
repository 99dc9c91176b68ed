# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mirrors of Debian that this host takes its own packages from."""

from __future__ import annotations

import platform
import re
from pathlib import Path

_APT = Path("/etc/apt")
_ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s*)?(?P<URIs>\S+)\s+(?P<Suites>\S+)\s+(?P<Components>.+)$")


def debian_sources(suite):
    """The host's own sources of Debian, for suite instead of the host's, as deb822 text (sources.list(5)).

    Empty when the host is no Debian, or has no source that is Debian's.
    """
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        return ""
    if system["ID"] != "debian" or "VERSION_CODENAME" not in system:
        return ""
    stanzas = []
    for path in sorted(_APT.glob("sources.list.d/*.sources")):
        stanzas += parse_deb822(path.read_text(encoding="utf-8"))
    for path in [*_APT.glob("sources.list"), *sorted(_APT.glob("sources.list.d/*.list"))]:
        stanzas += parse_one_line(path.read_text(encoding="utf-8"))
    return select(stanzas, system["VERSION_CODENAME"], suite)


def parse_deb822(text):
    """The stanzas of a .sources file: list of {field: value}. Keys that are given in the file itself are left out."""
    stanzas = []
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for paragraph in re.split(r"\n\s*\n", "\n".join(lines)):
        fields = (line.split(":", 1) for line in paragraph.splitlines() if ":" in line and not line[0].isspace())
        stanza = {name: value.strip() for name, value in fields}
        if stanza:
            stanzas.append(stanza)
    return stanzas


def parse_one_line(text):
    """The binary sources of a .list file, as parse_deb822 gives them."""
    stanzas = []
    for line in text.splitlines():
        found = _ONE_LINE.match(line.split("#")[0].strip())
        if found:
            stanza = dict(Types="deb", **found.groupdict())
            signed_by = re.search(r"signed-by=(\S+)", stanza.pop("options") or "")
            if signed_by:
                stanza["Signed-By"] = signed_by[1]
            stanzas.append(stanza)
    return stanzas


def select(stanzas, codename, suite):
    """Those of stanzas that are of Debian's release codename, for suite instead, as deb822 text."""
    releases = {codename + pocket: suite + pocket for pocket in ("", "-updates", "-security")}
    chosen = []
    for stanza in stanzas:
        suites = [releases[name] for name in stanza.get("Suites", "").split() if name in releases]
        # Other vendors name their suites after Debian's releases too, but sign them with their own keys.
        debians = "debian-archive" in stanza.get("Signed-By", "debian-archive")
        enabled = stanza.get("Enabled", "yes").lower() in ("yes", "true")
        if suites and debians and enabled and "deb" in stanza["Types"].split():
            lines = {"Types": "deb", "URIs": stanza["URIs"], "Suites": " ".join(suites), "Components": "main"}
            if "Signed-By" in stanza:
                lines["Signed-By"] = stanza["Signed-By"]
            chosen.append("".join(f"{name}: {value}\n" for name, value in lines.items()))
    return "\n".join(chosen)
