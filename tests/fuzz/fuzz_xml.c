// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as an event in XML.

#include "fuzz.h"
#include "fuzz_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_body(event_trigger(STR("chat.end")), EVENT_XML, (struct str){(const char *)data, size});
    return 0;
}
