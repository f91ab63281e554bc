// SPDX-License-Identifier: GPL-3.0-or-later
//
// A customer that is not there: answers the calls of a module's operations by their types, checks
// what it gets, and misbehaves when told to. Knows HTTP requests and SOAP; keeps nothing.

#ifndef FLOW_MOCK_H
#define FLOW_MOCK_H

#include "edge/server.h"
#include "edge/soap.h"
#include "edge/soap_wsdl.h"

enum mock_trouble {
    MOCK_NONE,
    MOCK_FAULT,
    MOCK_CUT,     // the connection ends half-way through the answer
    MOCK_GARBAGE, // what is no SOAP
    MOCK_STATUS,  // an HTTP status without SOAP
};

struct mock_call { // one that was answered
    const char *peer;
    const char *operation; // "" when it is not known
    int version;           // of SOAP; 0: no envelope
    struct str request;
    int status;
    const char *outcome; // "ok", or what was answered in its place
    int64_t took_ms;
};

struct mock_options {
    const struct soap_modules *modules;
    const char *module;
    const struct soap_wsdl *wsdl; // NULL: not given out
    enum mock_trouble trouble;
    const char *fault; // "CODE:TEXT", or the name of a declared fault; "" for a plain one
    int status;        // of MOCK_STATUS
    int64_t delay_ms;
    unsigned every;        // trouble and delay: only each such call; 0 and 1: all
    const char *operation; // trouble, delay and reply: only of this one; NULL: of all
    struct str reply;      // in place of a sample; empty: none
    // Told of each call, on any thread, one at a time.
    void (*tell)(void *context, const struct mock_call *call);
    void *context;
};

struct mock;

struct mock *mock_new(const struct mock_options *options); // the options' texts are borrowed
void mock_free(struct mock *mock);                         // after the server; NULL is fine
// Where it listens, "http://127.0.0.1:8080/"; before the first request. Borrowed.
void mock_set_url(struct mock *mock, const char *url);
server_handler_fn mock_handle; // the context is the mock; one thread at a time
// Waits until so many calls were answered, or for SIGTERM or SIGINT, which every thread blocks.
void mock_wait(struct mock *mock, uint64_t calls);
// What is delayed is answered now, as the server wants before it is freed.
void mock_hurry(struct mock *mock);

#endif
