# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest's files as scripts ask for them: a dict."""

from __future__ import annotations

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2.script import (
    editing,
    menus,
    uses,
)

PATH = "/grub.cfg"


class GuestFiles:
    """Files, as the Protocol has them, where each path is the root's own.

    files: {path: text}. devices: {what search is asked for: device}.
    """

    def __init__(self, files, devices=None):
        self.files, self.devices = files, devices or {}

    def read(self, path):
        return self.files.get(path)

    def size(self, path):
        return len(self.files[path]) if path in self.files else None

    def is_directory(self, path):
        return any(name.startswith(f"{path}/") for name in self.files)

    def names(self, path):
        return [name.rpartition("/")[2] for name in self.files if name.rpartition("/")[0] == path]

    def path(self, device, path):
        return path

    def is_kernel(self, path):
        return True

    def search(self, kind, value):
        return self.devices.get(value)

    def probe(self, device, what):
        return None


def reading(text, files=None, **start):
    """What comes of executing the script text."""
    return menus.read(GuestFiles({PATH: text, **(files or {})}), PATH, menus.Start("hd0,1", "(hd0,1)", **start))


def loaded(text, files=None):
    """What the first entry of the script's menu boots."""
    return reading(text, files).menu.items[0].loaded


def arguments(text, files=None):
    """The arguments of the kernel that the first entry boots."""
    return [argument.text for argument in loaded(text, files).arguments[1:]]


def edited(text, change=str, required=(), files=None, without=None):
    """The texts that change when each argument is given to change. without: for kernels that have no initrd."""
    texts = {PATH: text, **(files or {})}
    found = reading(text, files)
    line = CommandLine([change], list(required)).edited
    other = CommandLine([without], list(required)).edited if without else line
    return editing.edited(texts, uses.found(found), line, other)


def edited_script(text, change=str, required=(), files=None):
    """The script itself after that."""
    return edited(text, change, required, files).get(PATH, text)
