# SPDX-License-Identifier: GPL-3.0-or-later
"""What scenarios post and answer, in few words: events, services and replies that fit our WSDLs."""

import json

import customer
import gateway
from conftest import call_id

SURVEY = "http://ws.acme.example/survey/v1"
DISPOSITION = "http://ws.acme.example/disposition/v1"

SURVEY_OK = customer.soap_reply(f'<SubmitSurveyResultResponse xmlns="{SURVEY}">'
                                "<receiptId>R-7</receiptId></SubmitSurveyResultResponse>")
DISPOSITION_OK = customer.soap_reply(f'<ReportDispositionResponse xmlns="{DISPOSITION}">'
                                     "<reportId>D-7</reportId></ReportDispositionResponse>", 12)
OK = customer.answer(200, "{}")
BUSY = customer.answer(503, "{}")


def call(**elements):
    """A call's data elements, enough for the template call.json."""
    return {"uii": call_id(), "step": 1, "agent_notes": "asks for a call back", **elements}


def survey_event(**elements):
    """Enough for survey.xml; an element given as None is left out."""
    whole = {"uii": call_id(), "ani": "3035550142", "call_start": "2024-09-12 10:15:32",
             "duration": 214, "gate_id": "41120", "gate_kind": "QUEUE",
             "gate_name": "Warranty <Desk> & more",
             "agent_notes": 'Pump <model B> leaks; "twice" & more\nnaïve café ✓',
             "survey_id": "1775",
             "answers": [{"question": "csat", "number": 4},
                         {"question": "reasons", "choices": ["Price", "Delay & noise"]}]}
    whole.update(elements)
    return {name: value for name, value in whole.items() if value is not None}


def disposition_event(**elements):
    return {"uii": call_id(), "agent_disposition": "Replacement <sent>",
            "agent_disposition_id": "6114", "duration": 214, "agent_notes": "a & b", **elements}


def survey_service(server_url, **more):
    return gateway.soap_service("survey", "SubmitSurveyResult", server_url, "survey.xml", **more)


def disposition_service(server_url, **more):
    return gateway.soap_service("disposition", "ReportDisposition", server_url, "disposition.xml",
                                secrets={"key": {"env": "DISPOSITION_KEY"}}, **more)


DISPOSITION_ENV = {"DISPOSITION_KEY": "the-key-of-the-disposition-service"}


def bodies(requests):
    return [json.loads(request.body) for request in requests]
