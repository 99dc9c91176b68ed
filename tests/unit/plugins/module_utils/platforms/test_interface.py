# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface Platform: what holds for each that is registered, and that one more goes the whole way."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.virttools.guestconv.plugins.module_utils.devices import models
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import registry, request
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms.vocabulary import Vocabulary
from ansible_collections.virttools.guestconv.plugins.plugin_utils.filters import of_platform
from tests import contract
from tests.unit.plugins.module_utils.platforms.samples import converted, with_driver

FILTERS = "ansible_collections.virttools.guestconv.plugins.filter"


def other_define(hardware, name):
    """A definition of few words."""
    machine = request.machine(hardware)
    disks = [OTHER.WORDS.word("block", disk.driver, request.disk_title(disk)) for disk in machine.hardware.disks]
    return {"name": request.text(name, "name"), "memory": machine.memory, "disks": disks}


# A platform is a module.
OTHER = ModuleType("other")
OTHER.FILTER = "other_vm"
OTHER.WORDS = Vocabulary("libvirt", "Other")
OTHER.define = other_define


@pytest.mark.parametrize("platform", registry.PLATFORMS, ids=lambda platform: platform.FILTER)
class TestEachPlatform:
    def test_it_has_words_for_each_kind_of_device(self, platform):
        assert platform.WORDS.name
        for kind in models.MODELS:
            assert models.words(platform.WORDS.key, kind)

    def test_its_filter_is_documented_with_all_of_its_options(self, platform):
        plugin = importlib.import_module(f"{FILTERS}.{platform.FILTER}")
        assert list(plugin.FilterModule().filters()) == [platform.FILTER]
        documented = contract.merged(yaml.safe_load(plugin.DOCUMENTATION))
        hardware, *options = inspect.signature(platform.define).parameters
        assert documented["name"] == platform.FILTER and hardware == "hardware"
        assert set(options) == set(documented["options"]) - {"_input"}

    def test_what_is_not_hardware_is_refused(self, platform):
        options = [
            name
            for name, value in inspect.signature(platform.define).parameters.items()
            if value.default is value.empty
        ]
        with pytest.raises(GuestconvError) as caught:
            platform.define(*[None for _option in options])
        assert caught.value.code == "hardware-invalid"

    def test_it_is_the_one_of_its_filter(self, platform):
        assert registry.by_filter(platform.FILTER) is platform


def test_a_platform_that_is_registered_has_a_filter_that_defines_guests(monkeypatch):
    monkeypatch.setattr(registry, "PLATFORMS", [*registry.PLATFORMS, OTHER])
    define = of_platform("other_vm")["other_vm"]
    assert define(converted(), "web01") == {"name": "web01", "memory": 1024, "disks": ["virtio"]}
    with pytest.raises(AnsibleFilterError, match="Other does not offer nvme.*device-not-offered.*virtio-blk-pci"):
        define(with_driver("block", "nvme"), "web01")


def test_a_platform_that_is_not_registered_has_no_filter():
    with pytest.raises(KeyError):
        of_platform("other_vm")
