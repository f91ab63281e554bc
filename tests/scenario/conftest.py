# SPDX-License-Identifier: GPL-3.0-or-later
"""What every scenario has: a folder of its own, customers and gateways that end with the test.

A scenario that passed also had each of its gateways stop in order; one that failed leaves none."""

import itertools
import pathlib
import shutil
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]

import customer
import gateway

_calls = itertools.count(1)


def pytest_configure(config):
    config.addinivalue_line("markers", "kill: ends the gateway at random moments, many times")


def call_id():
    """A uii as platforms make them: 30 digits, never the same."""
    return f"20240912101532{next(_calls):016d}"


@pytest.fixture(autouse=True)
def _program():
    assert gateway.PROGRAM.exists(), f"{gateway.PROGRAM} is not built"


class Place:
    """A folder, and what runs in it."""

    def __init__(self, folder):
        self.folder = folder
        self.customers, self.gateways = [], []
        shutil.copytree(HERE / "templates", folder / "templates")

    def customer(self, default=None):
        self.customers.append(customer.Customer(default))
        return self.customers[-1]

    def template(self, name, text):
        (self.folder / "templates" / name).write_text(text)
        return name

    def gateway(self, services, routes=None, env=None, **more):
        """A running gateway."""
        file = gateway.write_config(self.folder, gateway.config(services, routes, **more))
        return self.gateway_of(file, env).start()

    def configure(self, services, routes=None, **more):
        """The file anew, for a reload."""
        return gateway.write_config(self.folder, gateway.config(services, routes, **more))

    def gateway_of(self, file, env=None):
        self.gateways.append(gateway.Gateway(file, gateway.environment(**(env or {}))))
        return self.gateways[-1]

    def finish(self, has_failed):
        for each in self.customers:
            each.close()
        for each in self.gateways:
            if has_failed:
                each.discard()
            elif each.is_running():
                each.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call":
        item.has_failed = report.failed
        place = item.funcargs.get("place")
        if report.failed and place:
            for each in place.gateways:
                report.sections.append(("gateway log", "\n".join(each.log[-60:])))


@pytest.fixture
def place(tmp_path, request):
    made = Place(tmp_path)
    try:
        yield made
        made.finish(getattr(request.node, "has_failed", True))
    finally:
        made.finish(True)
