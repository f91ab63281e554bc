# SPDX-License-Identifier: GPL-3.0-or-later
"""What a newcomer runs first works: the example configuration, its templates, the demo customers."""

import os
import signal
import subprocess
import sys

import gateway

DEMO = gateway.ROOT / "tests" / "demo" / "demo.py"


def start(*arguments):
    return subprocess.Popen([sys.executable, str(DEMO), *arguments], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env=dict(os.environ, SWITCHHOOK_BUILD=str(gateway.BUILD)))


def test_the_demonstration_delivers_everything():
    demo = start("--once")
    said, _ = demo.communicate(timeout=120)
    assert demo.returncode == 0, said
    assert "every delivery arrived" in said
    for service in ("survey", "disposition", "crm"):
        assert service in said


def test_the_demonstration_ends_with_ctrl_c(tmp_path):
    demo = start("--data", str(tmp_path))
    try:
        line = next(line for line in demo.stdout if line.startswith("Status pages: http://"))
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
        assert demo.returncode == 0, line
    finally:
        demo.kill()
