# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping the names of NICs: which means gives a NIC its name on the target, and making it where there is none.

biosdevname= on the kernel's command line changes nothing: biosdevname gives no names in a virtual machine.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Callable, NamedTuple

from ....devices.targets import Model, Target
from ....guest.root import GuestRoot
from ...plan import Plan
from .. import bounds, systemd_files
from ..cards.macs import KnownMac
from ..cards.nics import Nic
from ..cards.patterns import matches, name_for
from ..device_manager import device_manager
from ..formats import kernel_arguments
from . import in_initrd, link_files, udev_rules

# What systemd calls a NIC on a PCI Express root port, and on a bus with hot-plug slots (systemd.net-naming-scheme(7)).
_NAMES_BY_PLACE = ("enp1s0", "ens3")
# What it calls those that are on no PCI bus, by their kernel drivers: nothing for Hyper-V's, so that the kernel's names
# stay, and Xen's since 253 only (NAMING_XEN_VIF of src/shared/netif-naming-scheme.h).
_NAMES_BY_DRIVER = {"hv_netvsc": ("eth0",), "vif": ("eth0", "enX0")}

# Names that a NIC may get by its place; those after a slot only up to the target's highest one (VMware has ens192).
_BY_PLACE = re.compile(r"eno[1-9]\d*|enp\d+s\d+(?:f\d+)?|ens(?P<slot>[1-9]\d{0,4})")


# Makes the content of a file that binds a name from the NIC and the name of its kernel driver.
_Writer = Callable[[Nic, str], str]


class Bindings(NamedTuple):
    """What gives NICs their names.

    macs: {name: KnownMac} of the names that are bound to a MAC address. places: {name: where it is given} of all names,
    whatever they are bound to.
    """

    macs: dict[str, KnownMac]
    places: dict[str, str]


def bindings(root: GuestRoot) -> Bindings:
    """What rules, .link files and ifname= give names to."""
    links, rules = _links(root), _rules(root)
    by_arguments = kernel_arguments.macs(kernel_arguments.arguments_of(root))
    macs = {**by_arguments, **link_files.macs(links), **udev_rules.macs(rules)}
    places = dict.fromkeys(by_arguments, kernel_arguments.SOURCE)
    places.update((link.name, link.path) for link in reversed(links) if link.name)
    places.update((name, path) for path, text in reversed(rules.items()) for name in udev_rules.names_given(text))
    return Bindings(macs, places)


def can_be_kept(root: GuestRoot) -> bool:
    """Whether the guest has udev, without which interfaces have the kernel's names."""
    return device_manager(root).is_udev


def by_policy(root: GuestRoot) -> bool:
    """Whether udev gives NICs names by their places or MAC addresses, where nothing else names them."""
    return can_be_kept(root) and not _kernel_names_stay(root)


def use_new_macs(root: GuestRoot, plan: Plan, macs: Mapping[str, str]) -> None:
    """Make rules and .link files that know NICs by their MAC addresses know them by others: {old: new}."""
    detail = "the network card has another MAC address on the target"
    for path, text in _rules(root).items():
        _put(root, plan, path, udev_rules.with_new_macs(text, macs), detail)
    for path, text in _link_texts(root).items():
        _put_link(root, plan, path, text, link_files.with_new_macs(text, macs), detail)


def use_new_names(root: GuestRoot, plan: Plan, names: Mapping[str, str]) -> None:
    """Make rules and .link files give NICs their new names: {old: new}. Our own for the old names go."""
    detail = "the network card has another name on the target"
    for path, text in _rules(root).items():
        ours = path in map(udev_rules.path_for, names)
        _put(root, plan, path, None if ours else udev_rules.with_new_names(text, names), detail)
    for path, text in _link_texts(root).items():
        ours = path in map(link_files.path_for, names)
        _put_link(root, plan, path, text, None if ours else link_files.with_new_names(text, names), detail)


def bind_names(root: GuestRoot, plan: Plan, on_target: Mapping[Nic, Model]) -> None:
    """Make sure that each Nic of on_target, {Nic: its Model there}, has its name there. What does so already stays.

    Where the initrd brings NICs up, it gets what gives the names, and their drivers.
    """
    on_target = _with_names(root, on_target)
    alone = len(on_target) == 1
    in_use = in_initrd.uses_network(root)
    named_early = in_use or _may_be_exchanged(on_target, plan.target)
    # Done whether or not a name is to be bound: the rules stay in force.
    rules = _widened_rules(root, plan, list(on_target), alone)
    if can_be_kept(root):
        evidence = _Evidence(
            rules=udev_rules.by_name(rules.values()),
            links=link_files.Links(link for link in _links(root) if not link_files.is_ours(link.path)),
            alone=alone,
            named_early=named_early,
            systemd_renames=_systemd_renames(root),
            kernel_names=_kernel_names_stay(root),
        )
        for nic, model in on_target.items():
            _bind_name(root, plan, nic, model, evidence)
    if named_early:
        _give_to_initrd(root, plan, on_target, with_drivers=in_use)


def release_names(root: GuestRoot, plan: Plan, names: Collection[str]) -> None:
    """Take out of rules and .link files what gives these names."""
    detail = f"{', '.join(sorted(names))} is not on the target"
    for path, text in _rules(root).items():
        ours = path in map(udev_rules.path_for, names)
        _put(root, plan, path, None if ours else udev_rules.without(text, names), detail)
    for link in _links(root):
        if link.name in names:
            # The distribution's own file is masked by an empty one.
            own = link.path.startswith(f"{systemd_files.WRITABLE}/")
            _put(root, plan, systemd_files.writable(link.path), None if own else "", detail)


@dataclass(frozen=True)
class _Evidence:
    """What decides how a NIC's name is bound.

    rules: udev's rules that are not ours, by the names that they give. links: the Links that are not ours. alone: there is no other NIC.
    named_early: whether the initrd may name NICs. systemd_renames: see _systemd_renames. kernel_names: whether NICs keep
    the names that the kernel gives.
    """

    rules: Mapping[str, Sequence[str]]
    links: link_files.Links
    alone: bool
    named_early: bool
    systemd_renames: bool
    kernel_names: bool


def _bind_name(root: GuestRoot, plan: Plan, nic: Nic, model: Model, evidence: _Evidence) -> None:
    """Write the file that gives nic its name on the target, where that needs one."""
    means = _means(nic, model, evidence)
    if means is not None and nic.name:
        path, text = means.path_for(nic.name), means.text_for(nic, model.kernel_driver)
        _put(root, plan, path, text, f"the network card keeps the name {nic.name} on the target")


class _Means(NamedTuple):
    """A kind of file that binds a name."""

    path_for: Callable[[str], str]
    text_for: _Writer


_LINK_FILE = _Means(link_files.path_for, link_files.text_for)
_RULE = _Means(udev_rules.path_for, udev_rules.text_for)


def _means(nic: Nic, model: Model, evidence: _Evidence) -> _Means | None:
    """What must bind nic's name: a .link file or a rule of ours, or None where it has its name without."""
    # Several NICs without a MAC address cannot be distinguished: inspect reported that, with severity error.
    if nic.name is None or not (evidence.alone or nic.hardware_mac):
        return None
    # What the guest's own tools (netplan, initscripts, cloud-init) make to name this MAC address is not there yet in
    # the initrd. A .link file of ours would put theirs, with its other settings, out of force; a rule does not.
    by_tools = bool(nic.name_bound_by and nic.hardware_mac)
    if by_tools and not evidence.named_early:
        return None
    by_kernel = evidence.alone and nic.name == "eth0" and evidence.kernel_names
    if by_kernel or udev_rules.names_it(evidence.rules.get(nic.name, ()), nic, evidence.alone):
        return None
    if not evidence.systemd_renames:
        return _RULE
    claim = "claimed" if by_tools else link_files.claim_on(nic, evidence.links, model.kernel_driver)
    return {"free": _LINK_FILE, "claimed": _RULE, "named": None}[claim]


def _may_be_exchanged(on_target: Collection[Nic], target: Target) -> bool:
    """Whether the initrd's udev might give one of these NICs, by its place on the target, the name of another.

    The other could not have it any more: udev knows no exchange of names, and the kernel refuses one that is taken
    (EEXIST; rename_netif() of systemd's udev-event.c, tried with 252). In the initrd both are still the kernel's eth*.
    """
    found = [_BY_PLACE.fullmatch(nic.name or "") for nic in on_target]
    return len(found) > 1 and any(name and int(name["slot"] or 0) <= target.highest_slot for name in found)


def _give_to_initrd(root: GuestRoot, plan: Plan, on_target: Mapping[Nic, Model], with_drivers: bool) -> None:
    """Put what gives these NICs their names into the initrd, and their drivers."""
    names = {nic.name for nic in on_target}
    for model in on_target.values() if with_drivers else ():
        plan.initrd.require(model.modules)
    paths = {path for name, path in bindings(root).places.items() if name in names}
    texts = {path: text for file in _link_files(root) if file.path in paths for path, text in file.texts.items()}
    texts.update((path, text) for path, text in _rules(root).items() if path in paths)
    plan.initrd.files.update(texts)


def _put(root: GuestRoot, plan: Plan, path: str, text: str | None, detail: str) -> None:
    """Make text the content of the rules or .link file at path, None to remove it; in the initrd's copy too.

    udev passes over an empty file, which is what a copy becomes when the file is gone.
    """
    if text != root.read(path):
        plan.initrd.copies[path] = text or ""
    if text is None:
        root.remove(path, detail)
    else:
        root.write(path, text, detail)


def _with_names(root: GuestRoot, on_target: Mapping[Nic, Model]) -> dict[Nic, Model]:
    """on_target, where each Nic has a name that its configuration is for if it would not get one by itself."""
    by_kernel = not by_policy(root)
    taken = {nic.name for nic in on_target if nic.name}
    named: dict[Nic, Model] = {}
    for nic, model in on_target.items():
        by_itself = ("eth0",) if by_kernel else _NAMES_BY_DRIVER.get(model.kernel_driver, _NAMES_BY_PLACE)
        if not nic.name and nic.patterns and not all(matches(name, nic.patterns) for name in by_itself):
            nic = replace(nic, name=name_for(nic.patterns, taken))
            taken.add(nic.name or "")
        named[nic] = model
    return named


def _kernel_names_stay(root: GuestRoot) -> bool:
    """Whether the command line, or what the guest's udev has for rules, keeps systemd from giving names by policy."""
    return "net.ifnames=0" in kernel_arguments.arguments_of(root) or not device_manager(root).applies_links


def _systemd_renames(root: GuestRoot) -> bool:
    """Whether a .link file names a NIC for sure: see link_files for the version, and for initrds that name it first."""
    if not device_manager(root).applies_links:
        return False
    # systemd.net-naming-scheme(7): the schemes v238 and v239 are from before the one with renaming again.
    arguments = kernel_arguments.arguments_of(root)
    if any(re.match(r"net\.naming-scheme=v23\d", argument) for argument in arguments):
        return False
    return device_manager(root).systemd >= link_files.RENAMES_SINCE


def _put_link(root: GuestRoot, plan: Plan, path: str, before: str, after: str | None, detail: str) -> None:
    """Make after the content of a .link file or drop-in; a file in /etc hides the distribution's own."""
    if after != before:
        _put(root, plan, systemd_files.writable(path), after, detail)


def _widened_rules(root: GuestRoot, plan: Plan, on_target: Collection[Nic], alone: bool) -> dict[str, str]:
    """{path: text} of the rules that are not ours, those for these Nics widened to any hardware, in the initrd too."""
    texts: dict[str, str] = {}
    for path, text in _rules(root).items():
        if udev_rules.is_ours(path):
            continue
        texts[path] = udev_rules.widened(text, on_target, alone)
        # Where the initrd's copy misses the NIC, udev names it there by its place on the bus, and a rule with
        # KERNEL=="eth*" does not match any more.
        _put(root, plan, path, texts[path], "the rule asked for hardware that only the source has")
    return texts


def _rules(root: GuestRoot) -> dict[str, str]:
    names = [name for name in root.list(udev_rules.DIRECTORY) if name.endswith(".rules")]
    paths = [f"{udev_rules.DIRECTORY}/{name}" for name in names]
    texts = {path: root.read(path) for path in bounds.to_read(root, paths)}
    # Without text is a link to /dev/null, which takes a file of the distribution's out of force.
    return {path: text for path, text in texts.items() if text is not None}


def _links(root: GuestRoot) -> list[link_files.Link]:
    return [link_files.parse(file.path, "\n".join(file.texts.values())) for file in _link_files(root)]


def _link_texts(root: GuestRoot) -> dict[str, str]:
    """{path: text} of the .link files and their drop-ins."""
    return {path: text for file in _link_files(root) for path, text in file.texts.items()}


def _link_files(root: GuestRoot) -> list[systemd_files.File]:
    """The .link files in force, less systemd's own for all that no other file is for: ours is to come before it."""
    return [file for file in systemd_files.files(root, ".link") if file.path not in link_files.DEFAULTS]
