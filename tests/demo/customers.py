# SPDX-License-Identifier: GPL-3.0-or-later
"""The customers of the demonstration: a survey service (SOAP 1.1), a disposition service (SOAP 1.2)
and a CRM (HTTP with JSON). They read what comes as such services do and answer with a receipt.

They know our two WSDLs by heart, not the gateway: what they refuse is a mistake in a template."""

import json
import xml.etree.ElementTree as xml

import customer

SURVEY = "http://ws.acme.example/survey/v1"
DISPOSITION = "http://ws.acme.example/disposition/v1"
# What each operation must hold, and its answer; {uii} or {leadId} come from the request.
OPERATIONS = {
    f"{{{SURVEY}}}SubmitSurveyResult":
        (["call/uii"], f'<SubmitSurveyResultResponse xmlns="{SURVEY}"><receiptId>R-{{0}}</receiptId>'
                       "<duplicate>false</duplicate></SubmitSurveyResultResponse>"),
    f"{{{DISPOSITION}}}ReportDisposition":
        (["uii", "disposition"], f'<ReportDispositionResponse xmlns="{DISPOSITION}">'
                                 "<reportId>D-{0}</reportId></ReportDispositionResponse>"),
    f"{{{DISPOSITION}}}UpdateLead":
        (["leadId"], f'<UpdateLeadResponse xmlns="{DISPOSITION}"><created>false</created>'
                     "</UpdateLeadResponse>"),
}


class Customers:
    """Two servers on free ports: one for both SOAP services, one for the CRM."""

    def __init__(self):
        self.soap = customer.Customer(answer_soap)
        self.crm = customer.Customer(customer.computed(answer_crm))

    def close(self):
        self.soap.close()
        self.crm.close()

    def received(self):
        """The ids of the deliveries that arrived, as the gateway's Idempotency-Key names them."""
        return {request.headers.get("idempotency-key", "").strip('"')
                for server in (self.soap, self.crm) for request in server.requests()}


def answer_soap(call):
    version = 12 if call.request.headers.get("content-type", "").startswith("application/soap") else 11
    try:
        reply = customer.soap_reply(reply_body(call.request.body, version), version)
    except (ValueError, xml.ParseError) as error:
        reply = customer.soap_fault("Client" if version == 11 else "Sender", str(error),
                                    version=version)
    return reply(call)


def reply_body(body, version):
    envelope = customer.ENVELOPE_11 if version == 11 else customer.ENVELOPE_12
    operation = xml.fromstring(body).find(f"{{{envelope}}}Body/*")
    if operation is None or operation.tag not in OPERATIONS:
        raise ValueError(f"no such operation: {operation if operation is None else operation.tag}")
    needed, reply = OPERATIONS[operation.tag]
    namespace = operation.tag.split("}")[0] + "}"
    found = [operation.find("/".join(namespace + step for step in path.split("/")))
             for path in needed]
    for path, element in zip(needed, found):
        if element is None or not (element.text or "").strip():
            raise ValueError(f"{path} is missing")
    return reply.format(customer.escape(found[0].text.strip()))


def answer_crm(request):
    try:
        call = json.loads(request.body)
    except ValueError as error:
        return 400, "application/json", json.dumps({"error": str(error)})
    return 201, "application/json", json.dumps({"stored": True, "members": len(call)})
