# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers on SOAP servers that we did not write understand our requests, and we their answers."""

import pytest

import peers
from words import (DISPOSITION, DISPOSITION_ENV, SURVEY, disposition_event, disposition_service,
                   survey_event, survey_service)


@pytest.fixture
def php(tmp_path):
    started = []

    def start(name, version):
        started.append(peers.Php(tmp_path, name, version))
        return started[-1]
    yield start
    for each in started:
        each.close()


@pytest.fixture
def node():
    peer = peers.Node()
    yield peer
    peer.close()


def test_php_reads_a_soap_11_survey_in_its_types(place, php):
    peer = php("survey", 11)
    gate = place.gateway({"survey": survey_service(peer.url())})
    event = survey_event()
    id_ = gate.api.accept("inbound.disposition", event).deliveries["survey"]
    delivery = gate.api.wait_state(id_, "delivered")
    assert f"R-{event['uii']}" in delivery.attempts[0].reply
    (seen,) = peer.calls()
    call, survey = seen["arguments"]["call"], seen["arguments"]["survey"]
    assert seen["action"] == f'"{SURVEY}/SubmitSurveyResult"'
    assert call["uii"] == event["uii"] and call["notes"] == event["agent_notes"]
    assert call["durationSeconds"] == 214 and isinstance(call["durationSeconds"], int)
    assert call["queue"] == {"_": event["gate_name"], "id": "41120", "kind": "QUEUE"}
    assert survey["complete"] is True and survey["id"] == "1775"
    assert [a["question"] for a in survey["answer"]] == ["csat", "reasons"]
    assert float(survey["answer"][0]["number"]) == 4
    assert survey["answer"][1]["choice"] == ["Price", "Delay & noise"]


def test_php_reads_a_soap_12_disposition_and_its_header(place, php):
    peer = php("disposition", 12)
    gate = place.gateway({"disposition": disposition_service(peer.url())}, env=DISPOSITION_ENV)
    event = disposition_event()
    id_ = gate.api.accept("inbound.disposition", event).deliveries["disposition"]
    gate.api.wait_state(id_, "delivered")
    (seen,) = peer.calls()
    assert f'action="{DISPOSITION}/ReportDisposition"' in seen["media_type"]
    assert seen["header"] == {"tenant": "acme", "apiKey": DISPOSITION_ENV["DISPOSITION_KEY"]}
    assert seen["arguments"]["disposition"] == {"_": event["agent_disposition"], "id": "6114"}
    assert seen["arguments"]["channel"] == "INBOUND"


def test_a_typed_fault_of_php_is_shown_with_its_detail(place, php):
    peer = php("survey", 11)
    gate = place.gateway({"survey": survey_service(peer.url())})
    id_ = gate.api.accept("inbound.disposition", survey_event(survey_id="unknown")).deliveries["survey"]
    delivery = gate.api.wait_state(id_, "dead")
    attempt = delivery.attempts[0]
    assert delivery.attempt_count == 1 and attempt.outcome == "rejected"
    assert "SurveyFault" in attempt.fault and "UNKNOWN_SURVEY" in attempt.fault
    assert "UNKNOWN_SURVEY" in gate.api.page(f"/deliveries/{id_}")


def test_a_typed_soap_12_fault_of_php_is_shown_with_its_detail(place, php):
    """PHP puts the code of a fault that has a detail into the detail's namespace."""
    peer = php("disposition", 12)
    gate = place.gateway({"disposition": disposition_service(peer.url())}, env=DISPOSITION_ENV)
    event = disposition_event(agent_disposition_id="unknown")
    id_ = gate.api.accept("inbound.disposition", event).deliveries["disposition"]
    delivery = gate.api.wait_state(id_, "dead")
    assert "UNKNOWN_DISPOSITION" in delivery.attempts[0].fault


def test_npm_soap_reads_both(place, node):
    gate = place.gateway({"survey": survey_service(node.url("survey")),
                          "disposition": disposition_service(node.url("disposition"))},
                         env=DISPOSITION_ENV)
    event = survey_event(**{k: v for k, v in disposition_event().items() if k != "uii"})
    accepted = gate.api.accept("inbound.disposition", event)
    for id_ in accepted.deliveries.values():
        gate.api.wait_state(id_, "delivered")
    seen = {c["operation"]: c for c in node.calls()}
    survey, report = seen["SubmitSurveyResult"], seen["ReportDisposition"]
    assert survey["arguments"]["call"]["uii"] == event["uii"]
    assert survey["arguments"]["survey"]["answer"][1]["choice"] == ["Price", "Delay & noise"]
    assert report["arguments"]["disposition"]["$value"] == event["agent_disposition"]
    assert report["header"]["Account"]["apiKey"] == DISPOSITION_ENV["DISPOSITION_KEY"]


def test_a_fault_that_npm_soap_sends_with_status_200_is_a_fault(place, node):
    gate = place.gateway({"survey": survey_service(node.url("survey"))})
    id_ = gate.api.accept("inbound.disposition", survey_event(survey_id="unknown")).deliveries["survey"]
    delivery = gate.api.wait_state(id_, "dead")
    assert delivery.attempts[0].http_status == 200
    assert "UNKNOWN_SURVEY" in delivery.attempts[0].fault
