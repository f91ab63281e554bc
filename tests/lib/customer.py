# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer's server on a free port of loopback, which does what a script says: answer, refuse,
stall, cut, drip, talk garbage. It records every request with its time.

Speaks HTTP by hand, because no server library offers to break it. A script is a list of actions,
one per call and path; the last one repeats. Nothing here sleeps: a stall waits for release()."""

import http.client
import socket
import threading
import time
from xml.sax.saxutils import escape

HEAD_LIMIT, BODY_LIMIT = 64 * 1024, 8 * 1024 * 1024
IDLE_S = 60


class Request:
    """One call as it came; `at` is of time.monotonic()."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.at = time.monotonic()

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


class Call:
    """What an action works on: the request, and the socket to answer on."""

    def __init__(self, customer, connection, request):
        self.customer, self.connection, self.request = customer, connection, request

    def send(self, data):
        self.connection.sendall(data)

    def wait(self, seconds):
        """Until release() or close(), at most so long."""
        self.customer.released.wait(seconds)


# --- actions: called with a Call, true when the connection is fit for another one ---

def answer(status=200, body=b"", media_type="application/json", headers=None):
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, 'Scripted')}", f"Content-Type: {media_type}",
             f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def act(call):
        call.send(whole)
        return True
    return act


def computed(function):
    """Answers with what function(request) gives: (status, media type, body)."""
    def act(call):
        status, media_type, body = function(call.request)
        return answer(status, body, media_type)(call)
    return act


def stall(seconds=30, then=None):
    """Says nothing until released, then does `then` or closes."""
    def act(call):
        call.wait(seconds)
        return then(call) if then else False
    return act


def cut(sent=b""):
    """Sends so many bytes and closes: b"" before any answer, else in the head or in the body."""
    def act(call):
        if sent:
            call.send(sent)
        return False
    return act


CUT_IN_HEAD = cut(b"HTTP/1.1 200 O")
CUT_IN_BODY = cut(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 900\r\n\r\n<Envelope")
GARBAGE = cut(bytes(range(256)) * 4)


def huge(total_bytes):
    """A good head and a body of so many bytes."""
    def act(call):
        call.send(f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {total_bytes}\r\n\r\n"
                  .encode())
        piece = b"x" * 65536
        for _ in range(0, total_bytes, len(piece)):
            call.send(piece)
        return False
    return act


def drip(body, step_s=0.05):
    """The whole answer, byte by byte."""
    def act(call):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body):
            call.send(bytes([byte]))
            call.wait(step_s)
        return True
    return act


ENVELOPE_11 = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE_12 = "http://www.w3.org/2003/05/soap-envelope"


def soap_reply(body, version=11, status=200):
    namespace = ENVELOPE_11 if version == 11 else ENVELOPE_12
    media_type = "text/xml" if version == 11 else "application/soap+xml"
    return answer(status, f'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="{namespace}">'
                          f"<e:Body>{body}</e:Body></e:Envelope>", f"{media_type}; charset=utf-8")


def soap_fault(code, text, detail="", version=11, status=500):
    """`code` without prefix: Client, Server, Sender, Receiver."""
    if version == 11:
        fault = (f"<faultcode>e:{code}</faultcode><faultstring>{escape(text)}</faultstring>"
                 + (f"<detail>{detail}</detail>" if detail else ""))
    else:
        fault = (f"<e:Code><e:Value>e:{code}</e:Value></e:Code>"
                 f'<e:Reason><e:Text xml:lang="en">{escape(text)}</e:Text></e:Reason>'
                 + (f"<e:Detail>{detail}</e:Detail>" if detail else ""))
    return soap_reply(f"<e:Fault>{fault}</e:Fault>", version, status)


# --- the server ---

class Customer:
    def __init__(self, default=None):
        """`default` is the action of paths without a script; without it they are answered 404."""
        self.released = threading.Event()
        self.default = default or answer(404, "{}")
        self._changed = threading.Condition()
        self._requests, self._scripts, self._connections = [], {}, set()
        self._listener, self.port = None, 0
        self.listen()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def script(self, path, *actions):
        with self._changed:
            self._scripts[path] = list(actions)

    def requests(self, path=None):
        with self._changed:
            return [r for r in self._requests if path is None or r.path == path]

    def wait(self, count, path=None, within_s=15):
        """The requests once there are `count`; fails when the time is up."""
        def seen():
            return [r for r in self._requests if path is None or r.path == path]
        with self._changed:
            done = self._changed.wait_for(lambda: len(seen()) >= count, within_s)
            assert done, f"{len(seen())} of {count} calls of {path or 'any path'} after {within_s} s"
            return seen()

    def release(self):
        self.released.set()

    def listen(self):
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def refuse(self):
        """Connections are refused from now on, until listen(); open ones are dropped."""
        listener, self._listener = self._listener, None
        listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
        listener.close()
        with self._changed:
            connections = list(self._connections)
        for connection in connections:
            _drop(connection)

    def close(self):
        self.release()
        if self._listener:
            self.refuse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(IDLE_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection.makefile("rb") as stream:
                while True:
                    request = _read_request(connection, stream)
                    if request is None or not self._action(request)(Call(self, connection, request)):
                        return
        except (OSError, ValueError):
            pass  # the gateway went away or was dropped: nothing to tell it
        finally:
            with self._changed:
                self._connections.discard(connection)
            _drop(connection)

    def _action(self, request):
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            script = self._scripts.get(request.path)
            if not script:
                return self.default
            return script.pop(0) if len(script) > 1 else script[0]


def _drop(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()


def _read_request(connection, stream):
    line = stream.readline(HEAD_LIMIT).decode("latin-1").split()
    if len(line) < 3:
        return None
    headers = {}
    while (row := stream.readline(HEAD_LIMIT)) not in (b"\r\n", b"\n", b""):
        name, _, value = row.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    length = int(headers.get("content-length", 0))
    if length > BODY_LIMIT:
        raise ValueError("a body larger than this server takes")
    body = stream.read(length)
    return Request(line[0], line[1], headers, body) if len(body) == length else None
