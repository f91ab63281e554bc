// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading `signature` and `signatures` of a source. The keys are decoded here, once.

#include "edge/config_signature.h"

#include "edge/signature.h"

enum { MAX_SIGNATURES = 16 };

struct signature_draft {
    struct str secret; // empty: none, and a fault
};

static const struct config_field signature_fields[] = {
    {.key = "secret",
     .read = config_read_secret,
     .offset = offsetof(struct signature_draft, secret),
     .is_required = true},
};

static void read_key(struct config_reader *reader, const struct config_field *field,
                     const struct node *value, struct str *ret)
{
    struct signature_draft draft = {STR("")};
    struct err err;
    *ret = STR("");
    config_read_map(reader, value, field->key, signature_fields, COUNT_OF(signature_fields),
                    &draft);
    if (draft.secret.len && !signature_parse_secret(reader->arena, draft.secret, ret, &err))
        config_fault(reader, value, "%s: the secret %s", field->key, err.text);
}

void config_read_signatures(struct config_reader *reader, const struct config_field *field,
                            const struct node *value, void *ret)
{
    struct config_source *source = ret;
    bool is_list = value->kind == NODE_LIST;
    size_t count = is_list ? value->count : 1;
    if (source->signing_keys || count == 0 || count > MAX_SIGNATURES) {
        config_fault(reader, value,
                     "%s: a source has either a signature or a list of 1 to %d signatures",
                     field->key, MAX_SIGNATURES);
        return;
    }
    struct str *keys = arena_alloc(reader->arena, count * sizeof(*keys));
    for (size_t i = 0; i < count; i++)
        read_key(reader, field, is_list ? value->members[i].value : value, &keys[i]);
    source->signing_keys = keys;
    source->signing_key_count = count;
}
