# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A conversion host that is none: it answers what Ansible asks of it, and the long modules return what is recorded.

The results are those of a Debian 12 from VMware that was really migrated. @DIRECTORY@ in them is this collection's.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil

from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = r"""
name: host
short_description: A conversion host that answers with recorded results
description: It runs nothing.
author: The guestconv authors
options: {}
"""

_RESULTS = os.path.join(os.path.dirname(__file__), "..", "..", "results")

# How often a module that is looked at is still at work.
LOOKS = "GUESTCONV_RECORDED_LOOKS"
# Set to have what was fetched be gone.
GONE = "GUESTCONV_RECORDED_GONE"
_ADDED_BY_STATUS = {"started": 1, "finished": 1, "ansible_job_id": "j1.1", "results_file": "/async/j1.1"}


class Connection(ConnectionBase):
    """Knows the commands of Ansible's own that start modules, and those of our action plugins."""

    transport = "host"
    has_pipelining = False

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._looks = int(os.environ.get(LOOKS, "1"))

    def _connect(self):
        self._connected = True
        return self

    def close(self):
        """There is nothing to close."""
        self._connected = False

    def exec_command(self, cmd, in_data=None, sudoable=True):
        """What the command, were it run, would say: (status, output, errors)."""
        return 0, self._answer(cmd).encode(), b""

    def put_file(self, in_path, out_path):
        """Nothing is kept of it."""

    def fetch_file(self, in_path, out_path):
        """The only file that there is."""
        shutil.copyfile(os.path.join(_RESULTS, "console.png"), out_path)

    def _answer(self, command):
        run = re.search(r"async_wrapper\.py j\d+ \d+ \S*AnsiballZ_guestconv_(\w+)\.py", command)
        if run:
            return json.dumps({**_ADDED_BY_STATUS, "finished": 0, "results_file": f"/async/{run.group(1)}"})
        if re.search(r"'/usr/bin/python3 \S*AnsiballZ_guestconv_fetch\.py", command):
            return json.dumps({**_recorded("fetch"), "changed": GONE in os.environ})
        ready = re.search(r"AnsiballZ_(async_status|stat)\.py", command)
        if ready and "chmod" not in command:
            return json.dumps(self._result_of_job() if ready.group(1) == "async_status" else _status_of_picture())
        if "guestconv-watch-XXXXXXXXXX" in command:
            return "/tmp/guestconv-watch-0123456789"
        if "head -c 300" in command:
            return self._look(command)
        made = re.search(r"mkdir \"` echo (\S+) `\"", command)
        if made:
            return f"{os.path.basename(made.group(1))}={made.group(1)}"
        if not re.search(r"'(rm -|chmod |echo ~)", command):
            raise NotImplementedError(command)
        return "/root"

    def _look(self, command):
        self._module = re.search(r"/async/(\w+)", command).group(1)
        self._looks -= 1
        progress = {"guest": None, "step": "convert", "detail": "", "percent": 50, "state": "running", "pid": 1}
        return json.dumps(progress) + "\n" + json.dumps({"started": 1} if self._looks >= 0 else {"changed": True})

    def _result_of_job(self):
        """What async_status returns of the module that was looked at last."""
        return {**_recorded(self._module), **_ADDED_BY_STATUS, "invocation": {"module_args": {"_watch": "/tmp/x"}}}


def _recorded(module):
    with open(os.path.join(_RESULTS, f"{module}.json"), encoding="utf-8") as stream:
        return json.load(stream)


def _status_of_picture():
    """What the module stat returns of it."""
    with open(os.path.join(_RESULTS, "console.png"), "rb") as stream:
        checksum = hashlib.sha1(stream.read()).hexdigest()
    return {"changed": False, "stat": {"exists": True, "isreg": True, "isdir": False, "checksum": checksum}}
