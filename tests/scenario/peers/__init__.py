# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers' servers that others wrote: PHP's SoapServer and npm `soap`, both serving our WSDLs.

Each writes what it understood of a call as a line of JSON; `calls()` reads them."""

import json
import os
import pathlib
import socket
import subprocess
import threading

import api
import gateway

HERE = pathlib.Path(__file__).resolve().parent
WSDLS = gateway.ROOT / "wsdl"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Php:
    """One WSDL on `php -S`."""

    def __init__(self, folder, name, version):
        self.record = pathlib.Path(folder) / f"{name}.jsonl"
        self.port = free_port()
        env = dict(os.environ, WSDL=str(WSDLS / name / f"{name}.wsdl"), VERSION=str(version),
                   RECORD=str(self.record), PHP_CLI_SERVER_WORKERS="1")
        self._process = subprocess.Popen(
            ["php", "-n", "-d", "extension=soap", "-S", f"127.0.0.1:{self.port}",
             str(HERE / "soap_server.php")],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._errors = []
        threading.Thread(target=lambda: self._errors.extend(self._process.stderr), daemon=True).start()
        try:
            api.wait_for(lambda: self._process.poll() is None and is_listening(self.port), bool)
        except AssertionError:
            self.close()
            raise AssertionError(b"".join(self._errors).decode()) from None

    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def calls(self):
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [json.loads(line) for line in lines]

    def close(self):
        self._process.terminate()
        self._process.wait(10)


class Node:
    """Both WSDLs on npm `soap`; ends with its standard input."""

    def __init__(self):
        packages = gateway.ROOT / os.environ.get("NODE_PACKAGES", "build/packages")
        self._lines, self._changed = [], threading.Condition()
        self._process = subprocess.Popen(
            ["node", str(HERE / "soap_server.js")],
            env=dict(os.environ, WSDLS=str(WSDLS), PACKAGES=str(packages)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()
        with self._changed:
            is_up = self._changed.wait_for(lambda: self._lines or self._process.poll(), 20)
        if not is_up or not self._lines:
            self._process.kill()
            raise AssertionError(self._process.stderr.read().decode())
        self.port = self._lines[0]["port"]

    def _read(self):
        for line in self._process.stdout:
            with self._changed:
                self._lines.append(json.loads(line))
                self._changed.notify_all()

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def calls(self):
        with self._changed:
            return self._lines[1:]

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
