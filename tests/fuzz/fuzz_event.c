// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as an event's body. The first byte chooses the format: "f" a form, others JSON.

#include "fuzz.h"
#include "fuzz_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    check_body(event_trigger(STR("chat.end")), data[0] == 'f' ? EVENT_FORM : EVENT_JSON,
               (struct str){(const char *)data + 1, size - 1});
    return 0;
}
