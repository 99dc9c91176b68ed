# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration that is for cards of a driver: it is for those on the target too, whose driver is another.

Amazon Linux 2023 has `Driver=ena ixgbevf vif` for systemd-networkd (80-ec2.network of amazon-ec2-net-utils), and
cloud-init writes `driver: hv_netvsc` for netplan on Azure (cloudinit/sources/DataSourceAzure.py). In its own configuration
it calls a card only so that has the driver, too (rename_interfaces() of cloudinit/net/__init__.py).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Callable, Protocol

from ...devices.targets import Model
from ...guest.root import GuestRoot
from ...texts import assignments, globs, sections, yaml_text
from ...texts.unread import Unread
from ...texts.yaml_text import Path
from . import systemd_files
from .cards.nics import Nic
from .formats import cloud_init, ifcfg_redhat, keyfiles, netplan, networkd
from .formats.keyfile_connections import loaded

if TYPE_CHECKING:
    from yaml.nodes import Node

_DETAIL = "the network card has another driver on the target"
# What source_hardware of settings says: `Driver=ena vif` (networkd), `driver=vmxnet3` (keyfile, ifcfg), `driver: e1000`
# (netplan, cloud-init).
# Not what excludes drivers, too.
_ASKED = re.compile(r"(?i)driver(?:=|: )[^!&]*")
# What a .link file says of names alone (systemd.link(5)), and a Path= that no card of a virtual machine has anyway.
_OF_NAMES = frozenset(("Name", "NamePolicy", "AlternativeName", "AlternativeNamesPolicy", "Description"))
_USB = ["*-usb-*"]


def left(nic: Nic) -> list[tuple[str, str]]:
    """Those pairs of nic's source_hardware that use_new does not change, as that is not known to be right.

    Of several configurations for different drivers only one was applied on the source, and which is not known.
    """
    asked = {pair for pair in nic.source_hardware if _ASKED.fullmatch(pair[1])}
    return [pair for pair in nic.source_hardware if len(asked) > 1 or pair not in asked]


def left_links(root: GuestRoot, models: Iterable[Model]) -> Iterator[tuple[str, str]]:
    """Pairs (file, what it asks for) of .link files for hardware of the source that set more than names, such as the MTU.

    A name is kept in another way. models: those of the network cards of the target.
    """
    of_target = {model.kernel_driver for model in models}
    for file in systemd_files.files(root, ".link") if of_target else ():
        keys = {entry.key for _order, entry in file.entries if entry.section == "Link" and entry.value}
        if file.path.startswith(systemd_files.WRITABLE) and not keys <= _OF_NAMES:
            asked = networkd.source_hardware(file, root.guest.target)
            yield from ((file.path, each) for each in asked if _is_left(each, of_target))


def _is_left(asked: str, of_target: Collection[str]) -> bool:
    """Whether no card of the target has what is asked for. of_target: the drivers of these cards."""
    key, _equals, value = asked.partition("=")
    words = value.split()
    if key == "Driver":
        is_software = networkd.SOFTWARE_DRIVERS.intersection(words)
        return not is_software and len(missing_in(words, of_target)) == len(of_target)
    return words != _USB


def use_new(root: GuestRoot, on_target: Mapping[Nic, Model]) -> list[tuple[str, str]]:
    """Have what is for these Nics by their driver be for them by that of their Model.

    Returns: what could not be changed, as pairs like those of Nic.source_hardware.
    """
    wanted: dict[tuple[str, str], set[str]] = {}
    for nic, model in on_target.items():
        asks = {file for file, _asked in set(nic.source_hardware) - set(left(nic))}
        for file, kind in nic.configured_by:
            if file in asks:
                wanted.setdefault((kind, file), set()).add(model.kernel_driver)
    _in_networkd(root, {path: drivers for (kind, path), drivers in wanted.items() if kind == networkd.KIND})
    _in_keyfiles(root, {path: drivers for (kind, path), drivers in wanted.items() if kind == keyfiles.KIND})
    _in_ifcfg(root, {path: drivers for (kind, path), drivers in wanted.items() if kind == ifcfg_redhat.KIND})
    by_driver = {nic: model for nic, model in on_target.items() if set(nic.source_hardware) - set(left(nic))}
    # cloud-init would write netplan's file again for a new instance.
    if {kind for kind, _path in wanted}.isdisjoint(format_.KIND for format_ in _OF_YAML):
        return []
    return [pair for format_ in _OF_YAML for pair in _in_yaml(root, format_, by_driver)]


def _in_networkd(root: GuestRoot, wanted: Mapping[str, Collection[str]]) -> None:
    # A copy in /etc hides the distribution's own file.
    by_name = {posixpath.basename(path): drivers for path, drivers in wanted.items()}
    for file in systemd_files.files(root, ".network") if wanted else ():
        missing = missing_in(file.words("Driver"), by_name.get(posixpath.basename(file.path), ()))
        for path, text in file.texts.items():
            entries = [
                entry
                for entry in sections.parse(text, continued=True)
                if (entry.section, entry.key) == ("Match", "Driver") and entry.value
            ]
            if entries and missing:
                after = sections.edited(text, entries[-1:], partial(_appended, " ".join(missing)))
                systemd_files.rewrite(root, path, text, after, _DETAIL)
                break


def _in_keyfiles(root: GuestRoot, wanted: Mapping[str, Collection[str]]) -> None:
    for connection in loaded(root) if wanted else ():
        words = [word.lstrip("|") for word in re.split(r"[;,]", connection.get("match", "driver")) if word]
        missing = missing_in(words, wanted.get(connection.path, ()))
        if missing:
            entries = [each for each in connection.entries if (each.section, each.key) == ("match", "driver")]
            text = sections.edited(connection.text, entries, partial(_listed, missing))
            root.write(connection.path, text, _DETAIL)


def _in_ifcfg(root: GuestRoot, wanted: Mapping[str, Collection[str]]) -> None:
    for path, drivers in wanted.items():
        text = root.read(path) or ""
        root.write(path, with_ifcfg_drivers(text, drivers), _DETAIL)


def with_ifcfg_drivers(text: str, drivers: Collection[str]) -> str:
    """text, an ifcfg file's, which is for cards of these drivers, too, where it is for those of some."""
    asked = assignments.values(text).get(ifcfg_redhat.DRIVER, "")
    missing = missing_in([word.lstrip("|") for word in asked.split()], drivers) if asked else []
    # A quote or the like in the name of a driver would be the shell's.
    if not missing or not re.fullmatch(r"[\w.,|* -]+", asked):
        return text
    return assignments.with_value(text, ifcfg_redhat.DRIVER, f'"{" ".join([asked, *missing])}"')


def _appended(words: str, value: str) -> str:
    return f"{value.rstrip()} {words}"


def _listed(drivers: Sequence[str], value: str) -> str:
    return "".join(f"{driver};" for driver in (value.rstrip("; "), *drivers))


class _OfYaml(Protocol):
    """A format in YAML."""

    KIND: str

    def places_of_drivers(self, root: GuestRoot, nics: Iterable[Nic]) -> dict[str, dict[Path, list[Nic]]]:
        """{path of a file: {keys that lead to it: Nics}} of the drivers that definitions for these Nics may ask for.

        Raises Unread.
        """

    def composed(self, text: str, path: str) -> Node | None:
        """The root node of text, of the file at path. Raises Unread."""


_OF_YAML: tuple[_OfYaml, ...] = (netplan, cloud_init)


def _in_yaml(root: GuestRoot, format_: _OfYaml, on_target: Mapping[Nic, Model]) -> list[tuple[str, str]]:
    """Returns: as of use_new."""
    try:
        of_files = format_.places_of_drivers(root, on_target)
    except Unread:
        return []
    not_changed = []
    for path, places in of_files.items():
        text = root.read(path) or ""
        compose = partial(format_.composed, path=path)
        for keys, nics in places.items():
            drivers = {on_target[nic].kernel_driver for nic in nics}
            text = with_drivers(text, compose, keys, drivers)
            _node, words = _drivers(text, compose, keys)
            not_changed += [(path, f"driver: {' '.join(words)}")] if words and missing_in(words, drivers) else []
        root.write(path, text, _DETAIL)
    return not_changed


def with_drivers(text: str, compose: Callable[[str], Node | None], keys: Path, drivers: Collection[str]) -> str:
    """text, which compose reads, where what keys lead to is for cards of these drivers, too.

    A plain value becomes the driver of the target: netplan before 0.104 knows no lists there, nor does cloud-init.
    """
    node, words = _drivers(text, compose, keys)
    missing = missing_in(words, drivers)
    if yaml_text.items(node):
        return yaml_text.with_items(text, node, missing)
    if node is None or len(missing) != 1 or not words:
        return text
    return yaml_text.with_scalars(text, [(node, missing[0])])


def _drivers(text: str, compose: Callable[[str], Node | None], keys: Path) -> tuple[Node | None, list[str]]:
    """The drivers that keys lead to, as a node, and its words."""
    node = yaml_text.below(compose(text), *keys)
    words = [yaml_text.scalar(each) for each in yaml_text.items(node)] or [yaml_text.scalar(node)]
    return node, [word for word in words if word]


def missing_in(words: Iterable[str], drivers: Collection[str]) -> list[str]:
    """Those of drivers that none of words, globs over names of drivers, fits; none where these exclude others."""
    known = [word for word in words if word]
    if any(word[0] in "!&" for word in known):
        return []
    return sorted(driver for driver in drivers if not any(globs.fits(driver, word) for word in known))
