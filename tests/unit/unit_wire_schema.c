/*
 * Parsing of schemas: names, layout, defaults, canonical form, fingerprints, errors, limits.
 */
#include "wire_support.h"

#include "codec/wire_type.h"
#include <jansson.h>
#include <stddef.h>

/* Canonical forms and fingerprints of the specification's test suite. */
static void canonical_form_and_fingerprint(void **state)
{
    static const struct {
        const char *json;
        const char *canonical;
        int64_t fingerprint;
    } cases[] = {
        {"\"null\"", "\"null\"", 7195948357588979594},
        {"{\"type\":\"null\"}", "\"null\"", 7195948357588979594},
        {"\"boolean\"", "\"boolean\"", -6970731678124411036},
        {"\"int\"", "\"int\"", 8247732601305521295},
        {"\"long\"", "\"long\"", -3434872931120570953},
        {"\"float\"", "\"float\"", 5583340709985441680},
        {"\"double\"", "\"double\"", -8181574048448539266},
        {"\"bytes\"", "\"bytes\"", 5746618253357095269},
        {"\"string\"", "\"string\"", -8142146995180207161},
        {"[  ]", "[]", -1241056759729112623},
        {"[ \"int\"  ]", "[\"int\"]", -5232228896498058493},
        {"[ \"int\" , {\"type\":\"boolean\"} ]", "[\"int\",\"boolean\"]", 5392556393470105090},
        {"{\"fields\":[], \"type\":\"record\", \"name\":\"foo\"}",
         "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[]}", -4824392279771201922},
        {"{\"fields\":[], \"type\":\"record\", \"name\":\"foo\", \"namespace\":\"x.y\"}",
         "{\"name\":\"x.y.foo\",\"type\":\"record\",\"fields\":[]}", 5916914534497305771},
        {"{\"fields\":[], \"type\":\"record\", \"name\":\"a.b.foo\", \"namespace\":\"x.y\"}",
         "{\"name\":\"a.b.foo\",\"type\":\"record\",\"fields\":[]}", -4616218487480524110},
        {"{\"fields\":[], \"type\":\"record\", \"name\":\"foo\", \"doc\":\"Useful info\"}",
         "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[]}", -4824392279771201922},
        {"{\"fields\":[], \"type\":\"record\", \"name\":\"foo\", \"aliases\":[\"foo\",\"bar\"]}",
         "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[]}", -4824392279771201922},
        {"{\"fields\":[{\"type\":{\"type\":\"boolean\"}, \"name\":\"f1\"}], \"type\":\"record\", "
         "\"name\":\"foo\"}",
         "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[{\"name\":\"f1\",\"type\":\"boolean\"}]"
         "}",
         7843277075252814651},
        {"{ \"fields\":[{\"type\":\"boolean\", \"aliases\":[], \"name\":\"f1\", \"default\":true},"
         "{\"order\":\"descending\",\"name\":\"f2\",\"doc\":\"Hello\",\"type\":\"int\"}],"
         "\"type\":\"record\", \"name\":\"foo\"}",
         "{\"name\":\"foo\",\"type\":\"record\",\"fields\":[{\"name\":\"f1\",\"type\":\"boolean\"},"
         "{\"name\":\"f2\",\"type\":\"int\"}]}",
         -4860222112080293046},
        {"{\"type\":\"enum\", \"name\":\"foo\", \"symbols\":[\"A1\"]}",
         "{\"name\":\"foo\",\"type\":\"enum\",\"symbols\":[\"A1\"]}", -6342190197741309591},
        {"{\"namespace\":\"x.y.z\", \"type\":\"enum\", \"name\":\"foo\", \"doc\":\"foo bar\","
         "\"symbols\":[\"A1\", \"A2\"]}",
         "{\"name\":\"x.y.z.foo\",\"type\":\"enum\",\"symbols\":[\"A1\",\"A2\"]}",
         -4448647247586288245},
        {"{\"name\":\"foo\",\"type\":\"fixed\",\"size\":15}",
         "{\"name\":\"foo\",\"type\":\"fixed\",\"size\":15}", 1756455273707447556},
        {"{\"namespace\":\"x.y.z\", \"type\":\"fixed\", \"name\":\"foo\", \"doc\":\"foo bar\","
         "\"size\":32}",
         "{\"name\":\"x.y.z.foo\",\"type\":\"fixed\",\"size\":32}", -3064184465700546786},
        {"{ \"items\":{\"type\":\"null\"}, \"type\":\"array\"}",
         "{\"type\":\"array\",\"items\":\"null\"}", -589620603366471059},
        {"{ \"values\":\"string\", \"type\":\"map\"}", "{\"type\":\"map\",\"values\":\"string\"}",
         -8732877298790414990},
        {"{\"name\":\"PigValue\",\"type\":\"record\",\"fields\":[{\"name\":\"value\", \"type\":"
         "[\"null\", \"int\", \"long\", \"PigValue\"]}]}",
         "{\"name\":\"PigValue\",\"type\":\"record\",\"fields\":[{\"name\":\"value\",\"type\":"
         "[\"null\",\"int\",\"long\",\"PigValue\"]}]}",
         -1759257747318642341},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wire_schema *schema = parse_schema(cases[i].json);
        assert_slice(wire_schema_canonical(schema), cases[i].canonical);
        if ((int64_t)wire_schema_fingerprint(schema) != cases[i].fingerprint)
            fail_msg("%s: fingerprint %lld", cases[i].json,
                     (long long)wire_schema_fingerprint(schema));
        wire_schema_free(schema);
    }
}

static void invalid_schemas_name_the_place(void **state)
{
    static const struct {
        const char *json;
        int code;
        const char *part;
    } cases[] = {
        {"", VF_EJSON, "column 0"},
        {"{\"type\":\"record\"", VF_EJSON, "column 16"},
        {"{\n\"type\":}", VF_EJSON, "line 2, column 8"},
        {"{\"type\":\"int\",\"type\":\"int\"}", VF_EJSON, "duplicate"},
        {"42", VF_ESCHEMA, "$: expected a type"},
        {"\"strng\"", VF_ESCHEMA, "$: unknown type \"strng\""},
        {"\"a b\"", VF_ESCHEMA, "is not the name of a type"},
        {"{}", VF_ESCHEMA, "$: a type needs \"type\""},
        {"{\"type\":\"array\"}", VF_ESCHEMA, "$: array needs \"items\""},
        {"{\"type\":\"map\"}", VF_ESCHEMA, "$: map needs \"values\""},
        {"{\"type\":\"array\",\"items\":\"nope\"}", VF_ESCHEMA, "$.items: unknown type"},
        {"{\"type\":\"fixed\",\"name\":\"F\"}", VF_ESCHEMA, "needs a size"},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}", VF_ESCHEMA, "needs a size"},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":\"8\"}", VF_ESCHEMA, "needs a size"},
        {"{\"type\":\"enum\",\"name\":\"E\"}", VF_ESCHEMA, "needs an array of symbols"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}", VF_ESCHEMA,
         "$.symbols: symbol A comes twice"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B-C\"]}", VF_ESCHEMA,
         "$.symbols[1]: a symbol must be a name"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"],\"default\":\"B\"}", VF_ESCHEMA,
         "$.default: the default must be one of the symbols"},
        {"{\"type\":\"record\",\"fields\":[]}", VF_ESCHEMA, "record needs a name"},
        {"{\"type\":\"record\",\"name\":\"1R\",\"fields\":[]}", VF_ESCHEMA,
         "$.name: \"1R\" is not a name"},
        {"{\"type\":\"record\",\"name\":\"int\",\"fields\":[]}", VF_ESCHEMA, "primitive"},
        {"{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a..b\",\"fields\":[]}", VF_ESCHEMA,
         "$.namespace: expected names joined by dots"},
        {"{\"type\":\"record\",\"name\":\"R\",\"aliases\":[\"ok\",\"b d\"],\"fields\":[]}",
         VF_ESCHEMA, "$.aliases[1]: an alias must be a name"},
        {"{\"type\":\"record\",\"name\":\"R\"}", VF_ESCHEMA, "record R needs an array of fields"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[7]}", VF_ESCHEMA, "$.fields[0]: "},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"type\":\"int\"}]}", VF_ESCHEMA,
         "$.fields[0].name: a field needs a name"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}", VF_ESCHEMA,
         "$.fields[0]: a field needs a type"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
         "{\"name\":\"a\",\"type\":\"int\"}]}",
         VF_ESCHEMA, "$.fields: field a is defined twice"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\","
         "\"order\":\"up\"}]}",
         VF_ESCHEMA, "$.fields[0].order: "},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\","
         "\"default\":\"1\"}]}",
         VF_ESCHEMA, "$.fields[0].default: expected number, got string"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\","
         "\"default\":3000000000}]}",
         VF_ESCHEMA, "$.fields[0].default: 3000000000 is out of range for int"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":"
         "[\"null\",\"int\"],\"default\":\"x\"}]}",
         VF_ESCHEMA, "$.fields[0].default: string fits no branch of the union"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":"
         "{\"type\":\"array\",\"items\":\"int\"},\"default\":[1,true]}]}",
         VF_ESCHEMA, "$.fields[0].default[1]: expected number, got boolean"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"R\"}]}",
         VF_ESCHEMA, "$.fields[0]: R contains itself without end"},
        {"[\"null\",[\"int\"]]", VF_ESCHEMA, "$[1]: a union may not hold a union"},
        {"[\"int\",\"string\",\"int\"]", VF_ESCHEMA, "$: int comes twice in a union"},
        {"[{\"type\":\"array\",\"items\":\"int\"},{\"type\":\"array\",\"items\":\"long\"}]",
         VF_ESCHEMA, "array comes twice"},
        {"[{\"type\":\"fixed\",\"name\":\"a.F\",\"size\":1},{\"type\":\"fixed\",\"name\":\"a.F\","
         "\"size\":1}]",
         VF_ESCHEMA, "$[1].name: a.F is defined twice"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wire_schema *schema = (void *)1;
        struct vf_error err = {0};
        int code = wire_schema_parse(vf_slice_of(cases[i].json), &schema, &err);
        if (code != cases[i].code || !strstr(err.text, cases[i].part))
            fail_msg("%s: %s: %s", cases[i].json, vf_error_name(code), err.text);
        assert_int_equal(err.code, code);
        assert_null(schema);
    }
}

static void names_follow_namespaces(void **state)
{
    struct wire_schema *schema = parse_schema(
        "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"aliases\":[\"Old\",\"x.Y\"],"
        "\"fields\":["
        "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"X\"]}},"
        "{\"name\":\"again\",\"type\":\"E\"},"
        "{\"name\":\"full\",\"type\":\"a.b.E\"},"
        "{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":\"c.F\",\"size\":2}},"
        "{\"name\":\"none\",\"type\":{\"type\":\"record\",\"name\":\"N\",\"namespace\":\"\","
        "\"fields\":[]}},"
        "{\"name\":\"self\",\"type\":[\"null\",{\"type\":\"R\"}]}]}");
    const struct wire_type *type = wire_schema_type(schema);

    (void)state;
    assert_slice(wire_schema_name(schema), "a.b.R");
    assert_slice(type->aliases.items[0], "a.b.Old");
    assert_slice(type->aliases.items[1], "x.Y");
    assert_slice(type->of.fields.items[0].type->name, "a.b.E");
    assert_ptr_equal(type->of.fields.items[0].type, type->of.fields.items[1].type);
    assert_ptr_equal(type->of.fields.items[0].type, type->of.fields.items[2].type);
    assert_slice(type->of.fields.items[3].type->name, "c.F");
    assert_slice(type->of.fields.items[4].type->name, "N");
    assert_ptr_equal(type->of.fields.items[5].type->of.branches.items[1], type);
    wire_schema_free(schema);
}

static void layout_is_that_of_c(void **state)
{
    struct inner {
        bool flag;
        double number;
    };
    struct layout {
        bool b;
        int32_t i;
        bool c;
        int64_t l;
        float f;
        struct vf_slice s;
        struct inner inner;
        struct vf_slice optional_string;
        struct inner *optional_record;
        struct {
            bool present;
            int64_t value;
        } optional_long;
        struct {
            bool present;
            bool value;
        } optional_boolean;
        struct {
            bool present;
            float value;
        } optional_float;
        struct wire_union choice;
        struct wire_array array;
        bool last;
    };
    static const size_t offsets[] = {
        offsetof(struct layout, b),
        offsetof(struct layout, i),
        offsetof(struct layout, c),
        offsetof(struct layout, l),
        offsetof(struct layout, f),
        offsetof(struct layout, s),
        offsetof(struct layout, inner),
        offsetof(struct layout, optional_string),
        offsetof(struct layout, optional_record),
        offsetof(struct layout, optional_long),
        offsetof(struct layout, optional_boolean),
        offsetof(struct layout, optional_float),
        offsetof(struct layout, choice),
        offsetof(struct layout, array),
        offsetof(struct layout, last),
    };
    struct wire_schema *schema = parse_schema(
        "{\"type\":\"record\",\"name\":\"L\",\"fields\":["
        "{\"name\":\"b\",\"type\":\"boolean\"},{\"name\":\"i\",\"type\":\"int\"},"
        "{\"name\":\"c\",\"type\":\"boolean\"},{\"name\":\"l\",\"type\":\"long\"},"
        "{\"name\":\"f\",\"type\":\"float\"},{\"name\":\"s\",\"type\":\"string\"},"
        "{\"name\":\"inner\",\"type\":{\"type\":\"record\",\"name\":\"I\",\"fields\":["
        "{\"name\":\"flag\",\"type\":\"boolean\"},{\"name\":\"number\",\"type\":\"double\"}]}},"
        "{\"name\":\"os\",\"type\":[\"null\",\"string\"]},"
        "{\"name\":\"or\",\"type\":[\"I\",\"null\"]},"
        "{\"name\":\"ol\",\"type\":[\"null\",\"long\"]},"
        "{\"name\":\"ob\",\"type\":[\"boolean\",\"null\"]},"
        "{\"name\":\"of\",\"type\":[\"null\",\"float\"]},"
        "{\"name\":\"u\",\"type\":[\"null\",\"int\",\"string\"]},"
        "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":\"I\"}},"
        "{\"name\":\"last\",\"type\":\"boolean\"}]}");
    const struct wire_type *type = wire_schema_type(schema);

    (void)state;
    assert_int_equal(type->of.fields.count, sizeof offsets / sizeof *offsets);
    for (size_t i = 0; i < type->of.fields.count; i++)
        assert_int_equal(type->of.fields.items[i].offset, offsets[i]);
    assert_int_equal(wire_schema_size(schema), sizeof(struct layout));
    wire_schema_free(schema);
}

static void logical_types_are_kept_or_ignored(void **state)
{
    static const struct {
        const char *json;
        const char *name; /* NULL: ignored */
    } cases[] = {
        {"{\"type\":\"int\",\"logicalType\":\"date\"}", "date"},
        {"{\"type\":\"int\",\"logicalType\":\"time-millis\"}", "time-millis"},
        {"{\"type\":\"long\",\"logicalType\":\"time-micros\"}", "time-micros"},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "timestamp-millis"},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-nanos\"}", "timestamp-nanos"},
        {"{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"}",
         "local-timestamp-micros"},
        {"{\"type\":\"string\",\"logicalType\":\"uuid\"}", "uuid"},
        {"{\"type\":\"fixed\",\"name\":\"U\",\"size\":16,\"logicalType\":\"uuid\"}", "uuid"},
        {"{\"type\":\"fixed\",\"name\":\"U\",\"size\":15,\"logicalType\":\"uuid\"}", NULL},
        {"{\"type\":\"fixed\",\"name\":\"D\",\"size\":12,\"logicalType\":\"duration\"}",
         "duration"},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}", "decimal"},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4}", "decimal"},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":2,\"scale\":4}", NULL},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\"}", NULL},
        {"{\"type\":\"fixed\",\"name\":\"D\",\"size\":2,\"logicalType\":\"decimal\","
         "\"precision\":4}",
         "decimal"},
        {"{\"type\":\"fixed\",\"name\":\"D\",\"size\":2,\"logicalType\":\"decimal\","
         "\"precision\":5}",
         NULL},
        {"{\"type\":\"long\",\"logicalType\":\"date\"}", NULL},
        {"{\"type\":\"string\",\"logicalType\":\"whatever\"}", NULL},
        {"{\"type\":\"string\",\"logicalType\":17}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wire_schema *schema = parse_schema(cases[i].json);
        const char *name = wire_logical_name(wire_schema_type(schema)->logical);
        if (cases[i].name ? !name || strcmp(name, cases[i].name) : name != NULL)
            fail_msg("%s: %s", cases[i].json, name ? name : "ignored");
        wire_schema_free(schema);
    }
}

/* A text of depth times open, then middle, then as many close. */
static char *nest(const char *open, const char *middle, const char *close, size_t depth)
{
    size_t size = depth * (strlen(open) + strlen(close)) + strlen(middle) + 1;
    char *text = malloc(size);
    char *at = text;

    assert_non_null(text);
    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, open);
    at = stpcpy(at, middle);
    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, close);
    return text;
}

static int parse_code(const char *json, struct vf_error *err)
{
    struct wire_schema *schema;
    int code = wire_schema_parse(vf_slice_of(json), &schema, err);
    wire_schema_free(schema);
    return code;
}

static void limits_hold(void **state)
{
    struct vf_error err = {0};
    char *text = nest("{\"type\":\"array\",\"items\":", "\"int\"", "}", WIRE_SCHEMA_DEPTH_MAX);

    (void)state;
    assert_int_equal(parse_code(text, &err), 0);
    free(text);
    text = nest("{\"type\":\"array\",\"items\":", "\"int\"", "}", WIRE_SCHEMA_DEPTH_MAX + 1);
    assert_int_equal(parse_code(text, &err), VF_ELIMIT);
    assert_contains(err.text, "deeper than 64");
    free(text);
    text = nest("[", "", "]", 5000);
    assert_int_not_equal(parse_code(text, &err), 0);
    free(text);
    text = nest(" ", "\"int\"", "", WIRE_SCHEMA_BYTES_MAX);
    assert_int_equal(parse_code(text, &err), VF_ELIMIT);
    free(text);
}

/* 2^40 bytes of struct in a few hundred bytes of text. */
static void doubling_records_are_refused(void **state)
{
    char text[8192] = "{\"type\":\"record\",\"name\":\"Top\",\"fields\":["
                      "{\"name\":\"r0\",\"type\":{\"type\":\"record\",\"name\":\"R0\",\"fields\":["
                      "{\"name\":\"x\",\"type\":\"long\"}]}}";
    struct vf_error err = {0};

    (void)state;
    for (int i = 1; i <= 40; i++) {
        char more[256];
        snprintf(more, sizeof more,
                 ",{\"name\":\"r%d\",\"type\":{\"type\":\"record\",\"name\":\"R%d\",\"fields\":["
                 "{\"name\":\"x\",\"type\":\"R%d\"},{\"name\":\"y\",\"type\":\"R%d\"}]}}",
                 i, i, i - 1, i - 1);
        strcat(text, more);
    }
    strcat(text, "]}");
    assert_int_equal(parse_code(text, &err), VF_ELIMIT);
    assert_contains(err.text, "would take more than");
}

/* A default that needs itself, twice over each time. */
static void endless_defaults_are_refused(void **state)
{
    struct vf_error err = {0};

    (void)state;
    assert_int_equal(parse_code("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"c\","
                                "\"type\":{\"type\":\"array\",\"items\":\"R\"},"
                                "\"default\":[{},{}]}]}",
                                &err),
                     VF_ELIMIT);
}

static void references_are_known_by_name(void **state)
{
    struct wire_schema *known = parse_schema(
        "{\"type\":\"record\",\"name\":\"P\",\"namespace\":\"lib\",\"fields\":["
        "{\"name\":\"e\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}}]}");
    struct wire_schema *other =
        parse_schema("{\"type\":\"enum\",\"name\":\"lib.E\",\"symbols\":[\"B\"]}");
    struct wire_schema *both[] = {known, other};
    struct wire_schema *schema;
    struct vf_error err = {0};
    const char *text = "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
                       "{\"name\":\"p\",\"type\":\"lib.P\"},{\"name\":\"e\",\"type\":\"lib.E\"}]}";

    (void)state;
    assert_int_equal(wire_schema_parse(vf_slice_of(text), &schema, &err), VF_ESCHEMA);
    assert_int_equal(wire_schema_parse_with(vf_slice_of(text), both, 2, &schema, &err), VF_ESCHEMA);
    assert_contains(err.text, "lib.E is defined in two references");
    assert_int_equal(wire_schema_parse_with(vf_slice_of(text), &known, 1, &schema, &err), 0);
    wire_schema_free(known); /* the new one keeps what it needs */
    wire_schema_free(other);
    assert_slice(wire_schema_canonical(schema),
                 "{\"name\":\"R\",\"type\":\"record\",\"fields\":[{\"name\":\"p\",\"type\":"
                 "{\"name\":\"lib.P\",\"type\":\"record\",\"fields\":[{\"name\":\"e\",\"type\":"
                 "{\"name\":\"lib.E\",\"type\":\"enum\",\"symbols\":[\"A\"]}}]}},"
                 "{\"name\":\"e\",\"type\":\"lib.E\"}]}");
    wire_schema_free(schema);
}

static void memory_may_end_anywhere(void **state)
{
    static const char json[] =
        "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
        "{\"name\":\"a\",\"type\":[\"null\",\"R\"],\"default\":null},"
        "{\"name\":\"b\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"X\",\"Y\"]},"
        "\"default\":\"Y\",\"doc\":\"text\"},"
        "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":[\"int\",\"string\",\"R\"]},"
        "\"default\":{\"k\":\"v\"}}]}";
    (void)state;
    /* Inside the JSON library too, which then need not know what went wrong. */
    for (int inside = 0; inside < 2; inside++) {
        unsigned long n = 1;
        if (inside)
            json_set_alloc_funcs(vf_malloc, vf_free);
        for (;; n++) {
            struct wire_schema *schema;
            struct vf_error err = {0};
            vf_memory_fail_after(n);
            int code = wire_schema_parse(vf_slice_of(json), &schema, &err);
            vf_memory_fail_after(0);
            if (code == 0) {
                wire_schema_free(schema);
                break;
            }
            assert_true(code == VF_ENOMEM || (inside && code == VF_EJSON));
            assert_null(schema);
            assert_true(n < 10000);
        }
        assert_true(n > 10);
    }
    json_set_alloc_funcs(malloc, free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_form_and_fingerprint),
        cmocka_unit_test(invalid_schemas_name_the_place),
        cmocka_unit_test(names_follow_namespaces),
        cmocka_unit_test(layout_is_that_of_c),
        cmocka_unit_test(logical_types_are_kept_or_ignored),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(doubling_records_are_refused),
        cmocka_unit_test(endless_defaults_are_refused),
        cmocka_unit_test(references_are_known_by_name),
        cmocka_unit_test(memory_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
