# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts, stops and kills the gateway program, and waits for its log to say something.

Knows the program's commands and log lines. Every stop checks that the program ended as it should
and that no sanitizer complained, so each scenario is also a test of that."""

import json
import os
import pathlib
import re
import signal
import subprocess
import threading

import api

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def find_build():
    """The folder given, else the first that holds a build."""
    given = os.environ.get("SWITCHHOOK_BUILD")
    folders = [ROOT / given] if given else [ROOT / "build/test", ROOT / "build"]
    return next((f for f in folders if (f / "build.ninja").exists()), folders[-1])


BUILD = find_build()
IS_SANITIZED = "asan" in BUILD.name  # such a build takes some times as long
PROGRAM = BUILD / "src" / "switchhook"
MODULES = BUILD / "modules"
TOKEN = "a-token-only-the-tests-know"
START_S, STOP_S = 30, 30
COMPLAINTS = ("AddressSanitizer", "ThreadSanitizer", "LeakSanitizer", "runtime error:", "broken invariant")


def config(services, routes=None, **more):
    """A configuration with one source `acme`; without routes everything goes to every service."""
    whole = {
        "listen": "127.0.0.1:0",
        "store": "store.db",
        "modules": str(MODULES),
        "templates": "templates",
        "pages": str(ROOT / "templates" / "pages"),
        "sources": {"acme": {"token": {"env": "ACME_TOKEN"}}},
        "services": services,
        "routes": routes or [{"name": "all", "services": list(services)}],
    }
    whole.update(more)
    return whole


QUICK_RETRY = {"first": "100ms", "factor": 2, "max": "1s", "give_up_after": "1h", "attempts": 0}


def soap_service(wsdl, operation, endpoint, template, **more):
    return {"soap": {"wsdl": wsdl, "operation": operation, "endpoint": endpoint},
            "template": template, "timeout": "5s", "retry": QUICK_RETRY, **more}


def http_service(url, template="call.json", method="POST", body="json", **more):
    return {"http": {"method": method, "url": url, "body": body}, "template": template,
            "timeout": "5s", "retry": QUICK_RETRY, **more}


def environment(**more):
    """The gateway's environment: only what it needs, so that a secret can't come in unseen."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TZ", "LANG") if name in os.environ}
    kept.update({"ACME_TOKEN": TOKEN, "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
                 "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"})
    kept.update(more)
    return kept


def write_config(folder, content):
    """JSON is YAML. A text is written as it is."""
    path = pathlib.Path(folder) / "switchhook.yaml"
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))
    return path


def run(*arguments, env=None, within_s=START_S):
    """A command that ends by itself: (exit code, standard output, standard error)."""
    done = subprocess.run([str(PROGRAM), *map(str, arguments)], env=env or environment(),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=within_s)
    return done.returncode, done.stdout, done.stderr


class Gateway:
    """One gateway process over one configuration file; may be started again after it ended."""

    def __init__(self, config_file, env=None, log_file=None):
        """`log_file`: where each line goes too, as it comes; an open file."""
        self.config_file, self.env, self.log_file = config_file, env or environment(), log_file
        self.log = []  # lines of every start so far
        self._process, self._reader, self._changed = None, None, threading.Condition()
        self.api = None

    @property
    def pid(self):
        return self._process.pid

    def start(self, within_s=START_S):
        # A session of its own: Ctrl-C is for whoever started this, who then stops it in order.
        self._process = subprocess.Popen(
            [str(PROGRAM), "run", str(self.config_file)], env=self.env, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        first = len(self.log)
        self._reader = threading.Thread(target=self._read, args=(self._process.stderr,), daemon=True)
        self._reader.start()
        ready = self.wait_log(r"msg=listening\b.*\baddress=http://[^ ]+:(\d+)", within_s, first)
        self.api = api.Api(int(ready[1]), self.env["ACME_TOKEN"])
        return self

    def _read(self, stream):
        for line in stream:
            text = line.decode("utf-8", "replace").rstrip("\n")
            if self.log_file:
                print(text, file=self.log_file, flush=True)
            with self._changed:
                self.log.append(text)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_log(self, pattern, within_s=START_S, first=0):
        """The match of the first line that fits."""
        def find():
            return next((m for line in self.log[first:] if (m := re.search(pattern, line))), None)
        with self._changed:
            self._changed.wait_for(lambda: find() or not self._reader.is_alive(), within_s)
            if self._process.poll() is not None:
                self._changed.wait_for(lambda: find() or not self._reader.is_alive(), 1)
            found = find()
        assert found, f"no log line {pattern!r}:\n" + "\n".join(self.log[-40:])
        return found

    def log_text(self):
        with self._changed:
            return "\n".join(self.log)

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def terminate(self):
        self._process.send_signal(signal.SIGTERM)

    def reload(self):
        """By signal: nobody answers, the log tells."""
        self._process.send_signal(signal.SIGHUP)

    def memory_kb(self, row="VmRSS"):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(re.search(rf"^{row}:\s+(\d+)", file.read(), re.M)[1])

    def cpu_s(self):
        """Processor time so far, user and system."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            user, system = file.read().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def wait_end(self, within_s=STOP_S):
        """The exit code."""
        code = self._process.wait(within_s)
        self._reader.join(5)
        complaints = [line for line in self.log if any(c in line for c in COMPLAINTS)]
        assert not complaints, "\n".join(self.log[-200:])
        return code

    def stop(self):
        """An orderly stop, which must succeed."""
        if not self.is_running():
            return self.wait_end() if self._process else 0
        self.terminate()
        code = self.wait_end()
        assert code == 0, f"exit code {code}:\n" + "\n".join(self.log[-40:])
        return code

    def kill(self):
        """As a power cut would: no word of warning."""
        self._process.kill()
        self._process.wait(STOP_S)
        self._reader.join(5)

    def discard(self):
        """For the end of a test that failed: never leaves a process behind."""
        if self.is_running():
            self.kill()
