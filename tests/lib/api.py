# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway's HTTP interface as its users see it: posting events, reading deliveries.

The one place that knows paths, headers and the names of JSON members; tests use the words here."""

import base64
import http.client
import json
import time
import urllib.parse

TIMEOUT_S = 20
FINAL = ("delivered", "held", "dead", "cancelled", "expired", "merged")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.text[:500]}>"


class Accepted:
    """The answer to an event that was taken."""

    def __init__(self, answer):
        self.answer, json_ = answer, answer.json
        self.id = json_["id"]
        self.is_duplicate, self.is_unrouted = json_["duplicate"], json_["unrouted"]
        self.location = answer.headers.get("Location")
        self.deliveries = {d["service"]: d["id"] for d in json_["deliveries"]}


class Delivery:
    """A row of a list; looked at by itself, with its attempts, the first one first."""

    def __init__(self, json_):
        self.json = json_
        row = json_.get("delivery", json_)
        self.id, self.state, self.reason = row["id"], row["state"], row["reason"]
        self.event_id, self.service = row["event_id"], row["service"]
        self.attempt_count = row["attempts"]
        attempts = json_["attempts"] if "delivery" in json_ else []
        self.attempts = [Attempt(a) for a in sorted(attempts, key=lambda a: a["number"])]

    def __repr__(self):
        return f"<delivery {self.service} {self.state}: {json.dumps(self.json)[:3000]}>"


class Attempt:
    def __init__(self, json_):
        self.outcome, self.http_status = json_["outcome"], json_["http_status"]
        self.reason, self.fault = json_["reason"], json_["fault"]
        self.request, self.reply = as_text(json_["request"]), as_text(json_["reply"])


def basic(user, password):
    """The header's value for HTTP Basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def as_text(shown):
    """A request or a reply, head and body, as one text."""
    return f"{shown['head']}\n{shown['body']}"


class Api:
    """One address and one source's token. Each call is a connection of its own: any thread."""

    def __init__(self, port, token):
        self.port, self.token = port, token

    def call(self, method, path, body=None, headers=None, timeout_s=TIMEOUT_S):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return Answer(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    # --- events ---

    def post(self, trigger, body, media_type="application/json", token=None, key=None, headers=None):
        """Posts a body as it is; the answer whatever it says."""
        all_headers = {"Content-Type": media_type}
        token = self.token if token is None else token
        if token:
            all_headers["Authorization"] = f"Bearer {token}"
        if key:
            all_headers["Idempotency-Key"] = key
        all_headers.update(headers or {})
        return self.call("POST", f"/v1/events/{trigger}", body, all_headers)

    def accept(self, trigger, elements, key=None):
        """Posts data elements as JSON; fails unless they are taken."""
        answer = self.post(trigger, json.dumps(elements), key=key)
        assert answer.status in (200, 202), answer
        return Accepted(answer)

    # --- views ---

    def view(self, path):
        answer = self.call("GET", path, headers={"Accept": "application/json"})
        assert answer.status == 200, f"GET {path}: {answer}"
        return answer.json

    def page(self, path):
        answer = self.call("GET", path, headers={"Accept": "text/html"})
        assert answer.status == 200, f"GET {path}: {answer}"
        return answer.text

    def deliveries(self, **filters):
        query = urllib.parse.urlencode(filters)
        return [Delivery(d) for d in self.view("/deliveries" + (query and "?" + query))["deliveries"]]

    def delivery(self, id_):
        return Delivery(self.view(f"/deliveries/{id_}"))

    def event(self, id_):
        return self.view(f"/events/{id_}")

    def services(self):
        return {s["name"]: s for s in self.view("/services")["services"]}

    def is_closed(self, service):
        """The service gets nothing now: it is in trouble, or held."""
        return self.services()[service]["state"] == "closed"

    # --- an operator's buttons ---

    def press(self, path, as_form=False):
        """As the page's form does, or as a program does."""
        headers = ({"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
                   if as_form else {"Accept": "application/json"})
        return self.call("POST", path, "" if as_form else None, headers)

    def resend(self, id_, as_form=False):
        return self.press(f"/deliveries/{id_}/resend", as_form)

    def cancel(self, id_):
        return self.press(f"/deliveries/{id_}/cancel")

    def open_service(self, name):
        return self.press(f"/services/{name}/open")

    def reload(self):
        """The answer after the swap, whatever it says."""
        return self.press("/v1/reload")

    # --- waiting for what is to happen ---

    def wait_state(self, id_, *states, within_s=20):
        """The delivery once it is in one of the states."""
        return wait_for(lambda: self.delivery(id_), lambda d: d.state in states, within_s)

    def wait_attempts(self, id_, count, within_s=20):
        return wait_for(lambda: self.delivery(id_), lambda d: d.attempt_count >= count, within_s)


def wait_for(look, is_done, within_s=20, step_s=0.02):
    """What look() gives once is_done() holds for it; fails with the last look when time is up."""
    until = time.monotonic() + within_s
    while not is_done(last := look()):
        assert time.monotonic() < until, f"not within {within_s} s; at last: {last!r}"
        pause(step_s)
    return last


def pause(seconds):
    """Between two looks only."""
    time.sleep(seconds)
