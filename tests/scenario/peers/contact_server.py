# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer on spyne: the service of contact.py as classes, from which spyne makes its WSDLs: at
/soap11 and /soap12. lxml checks each request against the schema. Each line on standard output is
JSON: first {"port": N}, then one line a call. Ends when standard input does."""

import collections
import collections.abc
import json
import sys
import threading
import wsgiref.simple_server

# Debian's spyne still looks for these where Python had them before 3.10.
for name in ("Iterable", "Mapping", "MutableMapping", "MutableSet", "Sequence", "Callable"):
    setattr(collections, name, getattr(collections.abc, name))

from spyne import (Application, Array, ComplexModel, Date, DateTime, Fault, Integer32, Service,
                   Unicode, rpc)
from spyne.protocol.soap import Soap11, Soap12
from spyne.server.wsgi import WsgiApplication

NAMESPACE = "urn:example:contact"


class Model(ComplexModel):
    __namespace__ = NAMESPACE


class Party(Model):
    name = Unicode(min_occurs=1, nillable=False)
    phone = Unicode


class Person(Party):
    __namespace__ = NAMESPACE
    born = Date


class Company(Party):
    __namespace__ = NAMESPACE
    taxId = Unicode(min_occurs=1, nillable=False)
    branches = Integer32


class Timing(Model):
    startedAt = DateTime(min_occurs=1, nillable=False)
    durationSeconds = Integer32(min_occurs=1, nillable=True)


class Answer(Model):
    question = Unicode(min_occurs=1, nillable=False)
    score = Integer32(min_occurs=1, nillable=True)
    choices = Array(Unicode)


class Summary(Model):
    count = Integer32
    total = Integer32
    questions = Array(Unicode)


class Session(Model):
    token = Unicode
    tenant = Unicode


class NotFound(Fault):
    __namespace__ = NAMESPACE

    def __init__(self, phone):
        super().__init__("Client", "nobody has it",
                         detail={"NotFound": {"phone": phone, "reason": "no <such> number"}})


def say(operation, **more):
    print(json.dumps({"operation": operation, **more}, default=str), flush=True)


class Contact(Service):
    @rpc(Unicode, Timing, Party, Array(Unicode), _in_header=(Session,),
         _returns=(Unicode, Timing, Party, Array(Unicode)),
         _out_variable_names=("caseId", "timing", "party", "tags"))
    def LogCall(ctx, uii, timing, party, tags):
        session = ctx.in_header
        say("LogCall", session=session and f"{session.tenant}/{session.token}",
            party=type(party).__name__, tags="|".join(tags), durationSeconds=timing.durationSeconds)
        return "C-" + uii, timing, party, tags

    @rpc(Unicode, Array(Answer), _returns=Summary, _out_variable_name="summary")
    def SubmitSurvey(ctx, uii, answers):
        choices = [choice for answer in answers for choice in answer.choices or []]
        say("SubmitSurvey", uii=uii, choices="|".join(choices))
        return Summary(count=len(answers), total=sum(answer.score or 0 for answer in answers),
                       questions=[answer.question for answer in answers])

    @rpc(Unicode, _returns=Party, _out_variable_name="party", _throws=NotFound)
    def FindParty(ctx, phone):
        say("FindParty", phone=phone)
        if phone == "unknown":
            raise NotFound(phone)
        return Company(name="Acme & Söhne", phone=phone, taxId="DE-17", branches=3)

    @rpc(Unicode)
    def Notify(ctx, text):
        say("Notify", text=text)


def application(protocol):
    return WsgiApplication(Application([Contact], NAMESPACE, name="ContactService",
                                       in_protocol=protocol(validator="lxml"),
                                       out_protocol=protocol(polymorphic=True)))


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


def main():
    applications = {"/soap11": application(Soap11), "/soap12": application(Soap12)}
    server = wsgiref.simple_server.make_server(
        "127.0.0.1", 0, lambda env, start: applications[env["PATH_INFO"]](env, start),
        handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_port}), flush=True)
    sys.stdin.read()


main()
