// SPDX-License-Identifier: GPL-3.0-or-later
//
// The graph of types over schemas that hold every construct, and over broken ones.

#include "edge/soap_shape.h"
#include "soap_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct fake *fake;

static int set_up(void **state)
{
    (void)state;
    fake = fake_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_free(fake);
    return 0;
}

static const struct shape_operation *shape_of(enum fake_operation index)
{
    return soap_shape(&fake->operations[index]);
}

static const struct shape_type *type_of(const char *namespace, const char *local)
{
    const struct shape_type *type = soap_shape_type(&fake->operations[0], namespace, local);
    assert_non_null(type);
    return type;
}

static const struct shape_type *order(void)
{
    return shape_of(FAKE_ORDER)->input.parts[0].element->type;
}

static const struct shape_element *element_in(const struct shape_particle *particle,
                                              const char *local)
{
    if (particle->kind == SHAPE_ELEMENT)
        return strcmp(particle->element->name.local, local) == 0 ? particle->element : NULL;
    const struct shape_element *found = NULL;
    for (size_t i = 0; i < particle->count && !found; i++)
        found = element_in(&particle->children[i], local);
    return found;
}

static const struct shape_attribute *attribute_in(const struct shape_type *type, const char *local)
{
    for (size_t i = 0; i < type->attribute_count; i++) {
        if (strcmp(type->attributes[i].name.local, local) == 0)
            return &type->attributes[i];
    }
    return NULL;
}

static void assert_name(struct shape_name name, const char *namespace, const char *local)
{
    assert_string_equal(name.namespace, namespace);
    assert_string_equal(name.local, local);
}

static void test_messages_have_their_parts_headers_and_faults(void **state)
{
    (void)state;
    const struct shape_operation *operation = shape_of(FAKE_ORDER);
    assert_string_equal(operation->documentation, "Orders.");
    assert_string_equal(operation->input.wrapper.local, "");
    assert_int_equal(operation->input.part_count, 1);
    assert_name(operation->input.parts[0].element->name, ORDER_NS, "Order");
    assert_string_equal(operation->input.parts[0].element->type->documentation, "What is ordered.");
    assert_int_equal(operation->input.header_count, 1);
    assert_name(operation->input.headers[0].element->name, ORDER_NS, "Session");
    assert_int_equal(operation->fault_count, 1);
    assert_name(operation->faults[0].element->name, ORDER_NS, "Refused");
    assert_int_equal(shape_of(FAKE_STOP)->output.part_count, 0);
}

static void test_rpc_parts_are_elements_of_no_namespace(void **state)
{
    (void)state;
    const struct shape_message *input = &shape_of(FAKE_BASKET)->input;
    assert_true(input->is_encoded);
    assert_name(input->wrapper, ORDER_NS, "put");
    assert_name(input->parts[0].element->name, "", "basket");
    assert_name(input->parts[0].element->type->name, ORDER_NS, "Basket");
    assert_true(input->parts[5].element->type->is_any);
}

static void test_names_are_qualified_as_their_schema_says(void **state)
{
    (void)state;
    assert_name(element_in(order()->content, "id")->name, ORDER_NS, "id");
    assert_name(element_in(order()->content, "flat")->name, "", "flat");
    assert_name(element_in(element_in(order()->content, "buyer")->type->content, "name")->name, "",
                "name");
    assert_name(attribute_in(order(), "version")->name, "", "version");
    assert_name(attribute_in(order(), "mark")->name, PARTY_NS, "mark");
    assert_name(attribute_in(type_of(PARTY_NS, "Party"), "since")->name, PARTY_NS, "since");
    assert_non_null(element_in(order()->content, "größe"));
}

static void test_content_keeps_order_occurrence_and_groups(void **state)
{
    (void)state;
    const struct shape_particle *content = order()->content;
    assert_int_equal(content->kind, SHAPE_SEQUENCE);
    assert_int_equal(content->children[3].max, SHAPE_UNBOUNDED);
    assert_int_equal(content->children[4].kind, SHAPE_CHOICE);
    assert_int_equal(content->children[4].children[1].kind, SHAPE_SEQUENCE);
    const struct shape_particle *dates = &content->children[5];
    assert_int_equal(dates->kind, SHAPE_SEQUENCE);
    assert_int_equal(dates->min, 0);
    assert_string_equal(dates->children[0].element->name.local, "from");
    const struct shape_particle *any = &content->children[content->count - 1];
    assert_int_equal(any->kind, SHAPE_WILDCARD);
    assert_string_equal(any->namespaces, "##other");
    assert_string_equal(any->target, ORDER_NS);
    assert_false(any->is_skipped);
    assert_int_equal(element_in(order()->content, "both")->type->content->kind, SHAPE_ALL);
    assert_true(element_in(order()->content, "note")->is_nillable);
    assert_true(element_in(order()->content, "value")->type->is_any);
    assert_true(element_in(order()->content, "text")->type->is_mixed);
}

static void test_an_extension_holds_what_it_extends(void **state)
{
    (void)state;
    const struct shape_type *gift = type_of(ORDER_NS, "GiftLine");
    assert_ptr_equal(gift->base, type_of(ORDER_NS, "Line"));
    assert_false(gift->is_restriction);
    assert_string_equal(gift->content->children[0].children[0].element->name.local, "item");
    assert_string_equal(gift->content->children[1].children[0].element->name.local, "wish");
    assert_non_null(attribute_in(gift, "no"));
    assert_non_null(attribute_in(gift, "wrap"));
    const struct shape_type *disc = type_of(ORDER_NS, "Disc");
    assert_true(disc->is_restriction);
    assert_int_equal(disc->content->count, 1);
    assert_null(attribute_in(disc, "tag"));
}

static void test_attributes_have_their_use_and_presets(void **state)
{
    (void)state;
    assert_true(attribute_in(order(), "version")->is_required);
    assert_string_equal(attribute_in(order(), "lang")->default_value, "en");
    assert_string_equal(attribute_in(order(), "kind")->fixed_value, "order");
    assert_string_equal(attribute_in(order(), "trace")->text->built_in, "string");
    assert_true(order()->has_any_attribute);
}

static void test_who_may_stand_in_whose_place(void **state)
{
    (void)state;
    const struct shape_type *shape = type_of(ORDER_NS, "Shape");
    assert_true(shape->is_abstract);
    assert_int_equal(shape->heir_count, 2);
    assert_ptr_equal(shape->heirs[0], type_of(ORDER_NS, "Circle"));
    assert_ptr_equal(shape->heirs[1], type_of(ORDER_NS, "Disc"));
    // What was redefined is no type that can be named.
    assert_int_equal(type_of(PARTY_NS, "Party.redefined")->heir_count, 2);
    assert_int_equal(type_of(PARTY_NS, "Party")->heir_count, 1);
    const struct shape_element *head = soap_shape_element(&fake->operations[0], ORDER_NS, "shape");
    assert_true(head->is_abstract);
    assert_int_equal(head->substitute_count, 3);
    assert_string_equal(head->substitutes[2]->name.local, "unitSquare");
    assert_ptr_equal(head->substitutes[2]->type, shape);
}

static void test_facets_of_bases_hold_too(void **state)
{
    (void)state;
    const struct shape_text *price = type_of(ORDER_NS, "SmallPrice")->text;
    assert_int_equal(price->primitive, SHAPE_DECIMAL);
    assert_string_equal(price->built_in, "decimal");
    assert_string_equal(price->min_inclusive, "0");
    assert_string_equal(price->max_inclusive, "10");
    assert_int_equal(price->fraction_digits, 2);
    assert_false(type_of(ORDER_NS, "SmallPrice")->is_simple);
    assert_non_null(attribute_in(type_of(ORDER_NS, "SmallPrice"), "currency"));
    const struct shape_text *small = type_of(ORDER_NS, "Small")->text;
    assert_string_equal(small->min_inclusive, "0");
    assert_null(small->max_inclusive);
    assert_string_equal(small->max_exclusive, "100");
    const struct shape_text *code = type_of(ORDER_NS, "ShortCode")->text;
    assert_int_equal(code->length, 2);
    assert_int_equal(code->pattern_count, 2);
    assert_int_equal(code->patterns[0].count, 2);
    assert_string_equal(code->patterns[0].any_of[1], "[0-9]+");
    assert_string_equal(code->patterns[1].any_of[0], ".*");
}

static void test_lists_unions_and_enumerations(void **state)
{
    (void)state;
    const struct shape_text *codes = type_of(ORDER_NS, "Codes")->text;
    assert_int_equal(codes->primitive, SHAPE_LIST);
    assert_ptr_equal(codes->item, type_of(ORDER_NS, "ShortCode")->text);
    const struct shape_text *either = type_of(ORDER_NS, "Either")->text;
    assert_int_equal(either->primitive, SHAPE_UNION);
    assert_int_equal(either->member_count, 2);
    assert_string_equal(either->members[1]->built_in, "int");
    assert_string_equal(either->members[1]->min_inclusive, "1");
    const struct shape_text *colour = either->members[0];
    assert_int_equal(colour->enumeration_count, 2);
    assert_string_equal(colour->enumerations[0].value, "red");
    assert_string_equal(colour->enumerations[0].documentation, "like blood");
    assert_string_equal(colour->enumerations[1].value, "dark blue");
    assert_int_equal(type_of(XS_NS, "NMTOKENS")->text->primitive, SHAPE_LIST);
}

static void test_soap_arrays_know_their_items(void **state)
{
    (void)state;
    const struct shape_type *lines = type_of(ORDER_NS, "ArrayOfLine");
    assert_ptr_equal(lines->item, type_of(ORDER_NS, "Line"));
    assert_string_equal(lines->item_name, "item");
    assert_int_equal(lines->rank, 1);
    assert_int_equal(lines->attribute_count, 0);
    const struct shape_type *words = type_of(ORDER_NS, "ArrayOfString");
    assert_ptr_equal(words->item, type_of(XS_NS, "string"));
    assert_string_equal(words->item_name, "word");
    assert_int_equal(type_of(ORDER_NS, "Table")->rank, 2);
    const struct shape_type *rows = type_of(ORDER_NS, "Rows");
    assert_int_equal(rows->rank, 1);
    assert_ptr_equal(rows->item->item, type_of(XS_NS, "string"));
    assert_null(type_of(ORDER_NS, "Basket")->item);
}

static void test_circles_are_in_the_graph(void **state)
{
    (void)state;
    const struct shape_type *tree = type_of(ORDER_NS, "Tree");
    assert_ptr_equal(tree->content->children[1].element->type, tree);
}

static void test_broken_schemas_leave_things_open(void **state)
{
    (void)state;
    const char *broken = "urn:test:broken";
    static const char *const texts[] = {"Loop", "LoopList", "LoopUnion", "Empty"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_non_null(type_of(broken, texts[i])->text);
    for (const struct shape_type *base = type_of(broken, "Egg"); base; base = base->base)
        assert_ptr_not_equal(base->base, type_of(broken, "Egg"));
    assert_null(type_of(broken, "Own")->base);
    const struct shape_particle *content = type_of(broken, "Holder")->content;
    assert_int_equal(content->count, 3);
    assert_true(content->children[0].element->type->is_any);
    assert_true(content->children[1].element->type->is_any);
    assert_int_equal(content->children[2].max, 1);
    assert_null(soap_shape_element(&fake->operations[0], broken, "absent"));
    assert_null(soap_shape_type(&fake->operations[0], broken, "nowhere"));
    assert_int_equal(soap_shape_element(&fake->operations[0], broken, "one")->substitute_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_have_their_parts_headers_and_faults),
        cmocka_unit_test(test_rpc_parts_are_elements_of_no_namespace),
        cmocka_unit_test(test_names_are_qualified_as_their_schema_says),
        cmocka_unit_test(test_content_keeps_order_occurrence_and_groups),
        cmocka_unit_test(test_an_extension_holds_what_it_extends),
        cmocka_unit_test(test_attributes_have_their_use_and_presets),
        cmocka_unit_test(test_who_may_stand_in_whose_place),
        cmocka_unit_test(test_facets_of_bases_hold_too),
        cmocka_unit_test(test_lists_unions_and_enumerations),
        cmocka_unit_test(test_soap_arrays_know_their_items),
        cmocka_unit_test(test_circles_are_in_the_graph),
        cmocka_unit_test(test_broken_schemas_leave_things_open),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
