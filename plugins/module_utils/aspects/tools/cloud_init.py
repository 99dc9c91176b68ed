# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud-init that looks for its data in the cloud that the guest comes from, and nowhere else.

It waits for that at each boot, for minutes, and takes no configuration that the target offers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ...guest.root import GuestRoot
from ...model.concerns import Concern

_PROGRAM = "/usr/bin/cloud-init"
_OFF = "/etc/cloud/cloud-init.disabled"
_DS_IDENTIFY = "/etc/cloud/ds-identify.cfg"
_CONFIGURATION = ("/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg")

# What works on any machine, or takes nothing there (cloud-init's documentation, "Datasources").
_ANYWHERE = frozenset(("nocloud", "nocloudnet", "configdrive", "openstack", "none"))
# What hypervisors and clouds offer.
_OFFERED: Mapping[str, tuple[str, ...]] = {
    "vmware": ("vmware", "ovf"),
    "azure": ("azure",),
    "aws": ("ec2",),
    "gcp": ("gce",),
}


def concern(root: GuestRoot) -> Concern | None:
    """The concern that cloud-init is pinned to a data source that the target lacks; None where it is not."""
    paths = root.glob(_PROGRAM, _OFF, _DS_IDENTIFY, *_CONFIGURATION)
    if _PROGRAM not in paths or _OFF in paths:
        return None
    texts = {path: root.read(path) or "" for path in paths if path.endswith(".cfg")}
    place, names = _pinned(texts, root.boot_menu.arguments)
    usable = _ANYWHERE.union(*(_OFFERED.get(each, ()) for each in root.guest.target.hypervisors))
    if not names or usable.intersection(name.lower().replace("-", "") for name in names):
        return None
    return Concern(
        "cloud-init-datasource-pinned",
        "warning",
        f"cloud-init on {root.name} takes its data only from {', '.join(names)} ({place}), which the target is not. It "
        "waits for that at each boot.",
        "Change that in the guest, for example to `datasource_list: [NoCloud, ConfigDrive, None]`, or create the file "
        f"{_OFF}.",
    )


def _pinned(texts: dict[str, str], arguments: Iterable[str]) -> tuple[str, Sequence[str]]:
    """Where the data source is set, and to which ones; ("", ()) where it is not. By what counts most (ds-identify)."""
    for argument in arguments:
        key, _equals, value = argument.partition("=")
        if key in ("ds", "ci.ds", "ci.datasource") and value:
            return f"the kernel's argument {argument}", [re.split("[;,]", value)[0]]
    text = texts.get(_DS_IDENTIFY, "")
    found = re.findall(r"^[ \t]*datasource:[ \t]*['\"]?([A-Za-z0-9-]+)", text, re.MULTILINE)
    if found:
        return _DS_IDENTIFY, found[-1:]
    # The last file that has a list wins; lists are not merged.
    for path, text in reversed(texts.items()):
        names = datasource_list(text)
        if path != _DS_IDENTIFY and names:
            return path, names
    return "", ()


def datasource_list(text: str) -> list[str]:
    """The list of data sources in a file of cloud-init's configuration (YAML, in either style); [] where there is none."""
    flow = re.findall(r"^datasource_list:\s*\[([^\]]*)\]", text, re.MULTILINE)
    if flow:
        words = flow[-1].replace(",", " ").split()
    else:
        block = re.search(r"^datasource_list:[ \t]*(?:#.*)?\n((?:[ \t]*-[^\n]*(?:\n|\Z))+)", text, re.MULTILINE)
        words = [line.strip()[1:].partition("#")[0].strip() for line in block[1].splitlines()] if block else []
    return [word.strip("'\"") for word in words if word.strip("'\"")]
