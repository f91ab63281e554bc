# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers' servers that others wrote: PHP's SoapServer and npm `soap` serving our WSDLs; and the
service of contact.py on these, SOAP::Lite, spyne and JAX-WS.

Each writes what it understood of a call as a line of JSON; `calls()` reads them."""

import functools
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import threading

import api
import gateway

from peers import contact

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

    SCRIPT = "soap_server.php"

    def __init__(self, folder, name, version, **more):
        self.record = pathlib.Path(folder) / f"{name}-{version}.jsonl"
        self.port = free_port()
        env = dict(os.environ, WSDL=str(self.write_wsdl(folder, name)), VERSION=str(version),
                   RECORD=str(self.record), PHP_CLI_SERVER_WORKERS="1", **more)
        self._process = subprocess.Popen(
            ["php", "-n", "-d", "extension=soap", "-S", f"127.0.0.1:{self.port}",
             str(HERE / self.SCRIPT)],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._errors = []
        threading.Thread(target=lambda: self._errors.extend(self._process.stderr), daemon=True).start()
        try:
            api.wait_for(lambda: self._process.poll() is None and is_listening(self.port), bool)
        except AssertionError:
            self.close()
            raise AssertionError(b"".join(self._errors).decode()) from None

    def write_wsdl(self, _folder, name):
        return WSDLS / name / f"{name}.wsdl"

    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def calls(self):
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [json.loads(line) for line in lines]

    def close(self):
        self._process.terminate()
        self._process.wait(10)


class Piped:
    """A server that says its port and each call as lines of JSON; ends with its standard input."""

    START_S = 60  # a cold JVM on a busy machine

    def __init__(self, command, **env):
        self._lines, self._changed = [], threading.Condition()
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen([str(word) for word in command], env=dict(os.environ, **env),
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=self._errors)
        threading.Thread(target=self._read, daemon=True).start()
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._has_ended, self.START_S)
        if not self._lines:
            self._process.kill()
            raise AssertionError(self.errors())
        self.port = self._lines[0]["port"]

    _has_ended = False

    def errors(self):
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")

    def _read(self):
        for line in self._process.stdout:
            with self._changed:
                self._lines.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def calls(self):
        with self._changed:
            return self._lines[1:]

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._errors.close()


def node_packages():
    return str(gateway.ROOT / os.environ.get("NODE_PACKAGES", "build/packages"))


class Node(Piped):
    """Both WSDLs on npm `soap`."""

    def __init__(self):
        super().__init__(["node", HERE / "soap_server.js"], WSDLS=str(WSDLS),
                         PACKAGES=node_packages())


# --- the service of contact.py ---

PROOFS = {  # commands that succeed where a stack is installed
    "php": ["php", "-n", "-d", "extension=soap", "-r", "class_exists('SoapServer') || exit(1);"],
    "npm": ["node", "-e", "require(process.env.PACKAGES + '/node_modules/soap')"],
    "perl": ["perl", "-MSOAP::Lite", "-MHTTP::Daemon", "-e", "1"],
    "spyne": ["/usr/bin/python3", "-c", "import importlib.util; importlib.util.find_spec('spyne').name"],
    "jaxws": ["javap", "-cp", "/usr/share/java/jaxws-rt.jar", "com.sun.xml.ws.api.server.WSEndpoint"],
}


@functools.cache
def is_installed(kind):
    try:
        done = subprocess.run(PROOFS[kind], env=dict(os.environ, PACKAGES=node_packages()),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    except FileNotFoundError:
        return False
    return done.returncode == 0


class ContactPhp(Php):
    """One style in one version of SOAP."""

    SCRIPT = "contact_server.php"

    def __init__(self, folder, style, version):
        super().__init__(folder, style, version, STYLE=style)

    def write_wsdl(self, folder, name):
        path = pathlib.Path(folder) / f"{name}-{self.port}.wsdl"
        path.write_text(contact.wsdl(name, self.url()))
        return path


def write_contact_wsdls(folder):
    for style in (contact.DOCUMENT, contact.RPC, contact.ENCODED):
        (pathlib.Path(folder) / f"{style}.wsdl").write_text(contact.wsdl(style, "@URL@"))
    return pathlib.Path(folder)


class ContactNode(Piped):
    """/document and /rpc"""

    def __init__(self, folder):
        super().__init__(["node", HERE / "contact_server.js"],
                         WSDLS=str(write_contact_wsdls(folder)), PACKAGES=node_packages())


class ContactPerl(Piped):
    def __init__(self, folder):
        super().__init__(["perl", HERE / "contact_server.pl"],
                         WSDL=str(write_contact_wsdls(folder) / "encoded.wsdl"))


class ContactSpyne(Piped):
    """/soap11 and /soap12"""

    def __init__(self, _folder):
        super().__init__(["/usr/bin/python3", HERE / "contact_server.py"])


class ContactJava(Piped):
    """/document, /document12 and /rpc"""

    JARS = ("FastInfoset", "geronimo-annotation-1.3-spec", "gmbal", "istack-commons-runtime",
            "javax.activation", "jaxb-api", "jaxb-core", "jaxb-impl", "jaxb-runtime", "jaxws-api",
            "javax.xml.soap-api", "jaxws-rt", "jws-api", "metro-policy", "mimepull", "saaj-impl", "stax-ex",
            "stax2-api", "streambuffer", "txw2", "woodstox-core", "xml-resolver")

    def __init__(self, folder):
        jars = ":".join(f"/usr/share/java/{name}.jar" for name in self.JARS)
        done = subprocess.run(["javac", "-encoding", "UTF-8", "-nowarn", "-d", str(folder), "-cp",
                               jars, str(HERE / "ContactServer.java")], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=self.START_S)
        assert done.returncode == 0, done.stderr
        super().__init__(["java", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-cp",
                          f"{folder}:{jars}", "contact.ContactServer"])
