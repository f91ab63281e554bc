# SPDX-License-Identifier: GPL-3.0-or-later
"""`switchhook mock` as a process: waits for its address, keeps its lines, and sees that it ends in
order."""

import signal
import subprocess
import threading

import gateway

WSDLS = gateway.BUILD / "tests" / "wsdl"
END_S = 30


class Mock:
    def __init__(self, name, *options, modules=WSDLS):
        command = [gateway.PROGRAM, "mock", name, "--modules", modules, *options]
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                        text=True, env=gateway.environment())
        first = self.process.stdout.readline()
        assert " at http://" in first, first + self.process.stdout.read()
        self.url = first.split(" at ")[1].strip()
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert kind or status == 0, self.lines

    def wait(self):
        status = self.process.wait(END_S)
        self._reader.join(END_S)
        said = "\n".join(self.lines)
        assert not any(word in said for word in gateway.COMPLAINTS), said
        return status
