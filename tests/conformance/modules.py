# SPDX-License-Identifier: GPL-3.0-or-later
"""A module for each distinct WSDL of the cases, built once and kept while neither the WSDL nor the
generator changes."""

import hashlib
import pathlib
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "lib"))

import gateway

WSDL_MODULE = ROOT / "gen" / "wsdl_module"
NAME = "case"


class NoModule(Exception):
    """The WSDL could not be built; the text is the generator's last sentence."""


def _add(digest, path):
    digest.update(path.name.encode())
    digest.update(path.read_bytes())


def _generator():
    digest = hashlib.sha256()
    for path in [*sorted((ROOT / "gen").glob("*")), ROOT / "src" / "edge" / "soap_module.h"]:
        if path.is_file():
            _add(digest, path)
    return digest.hexdigest()


class Modules:
    """Thread-safe; `folder` keeps what was built, and what could not be."""

    def __init__(self, folder, limit_s):
        self.folder, self.limit_s = folder, limit_s
        self.generator = _generator()
        self.lock, self.locks = threading.Lock(), {}

    def _key(self, wsdl):
        digest = hashlib.sha256(self.generator.encode())
        _add(digest, wsdl)
        for path in sorted(wsdl.parent.glob("**/*.xsd")) + sorted(wsdl.parent.glob("**/*.wsdl")):
            _add(digest, path)
        return digest.hexdigest()[:24]

    def folder_of(self, wsdl):
        """The folder of the module's file. Raises NoModule."""
        key = self._key(wsdl)
        with self.lock:
            lock = self.locks.setdefault(key, threading.Lock())
        with lock:
            folder = self.folder / key
            failed = folder / "failed"
            if not (folder / f"{NAME}.so").exists() and not failed.exists():
                folder.mkdir(parents=True, exist_ok=True)
                why = self._build(wsdl, folder)
                if why:
                    failed.write_text(why)
            if failed.exists():
                raise NoModule(failed.read_text())
            return folder

    def _build(self, wsdl, folder):
        # Apart, and moved when it is whole: another run may be at it, too.
        with tempfile.TemporaryDirectory(dir=folder) as work:
            module = pathlib.Path(work) / f"{NAME}.so"
            command = [WSDL_MODULE, "build", "--optimize", "0", NAME, wsdl, module,
                       f"{work}/{NAME}.d", gateway.BUILD / "gen" / "bind", ROOT / "src", "cc"]
            try:
                done = subprocess.run([str(word) for word in command], capture_output=True,
                                      text=True, errors="replace", timeout=self.limit_s,
                                      check=False)
            except subprocess.TimeoutExpired:
                return f"took more than {self.limit_s} s"
            if done.returncode == 0:
                module.rename(folder / module.name)
        words = (done.stderr.strip() or done.stdout.strip() or "said nothing").splitlines()
        return words[-1].replace(str(wsdl.parent) + "/", "") if done.returncode else ""
