/*
 * Resolution rule by rule, and what happens to bytes that are not what they should be.
 */
#include "wire_support.h"

#define RECORD(fields) "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define OPTION(name, type, more) "{\"name\":\"" name "\",\"type\":" type "," more "}"
#define ENUM(name, symbols, more)                                                                  \
    "{\"type\":\"enum\",\"name\":\"" name "\",\"symbols\":[" symbols "]" more "}"
#define FIXED(name, size) "{\"type\":\"fixed\",\"name\":\"" name "\",\"size\":" #size "}"
#define ARRAY(type) "{\"type\":\"array\",\"items\":" type "}"
#define MAP(type) "{\"type\":\"map\",\"values\":" type "}"

struct rule {
    const char *writer;
    const char *reader;
    const char *hex;
    const char *json; /* of the value; NULL: fails */
    int code;
    const char *part; /* of the message */
};

static void check(const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = &rules[i];
        struct outcome outcome = transcode(rule->writer, rule->reader, rule->hex);
        bool same = rule->json
                        ? outcome.code == 0 && !strcmp(outcome.text, rule->json)
                        : outcome.code == rule->code && strstr(outcome.text, rule->part) != NULL;
        if (!same)
            fail_msg("%s as %s: %s: %s", rule->writer, rule->reader, vf_error_name(outcome.code),
                     outcome.text);
    }
}
#define CHECK(rules) check((rules), sizeof(rules) / sizeof *(rules))

static void primitives(void **state)
{
    static const struct rule rules[] = {
        {"\"null\"", "\"null\"", "", "null", 0, 0},
        {"\"boolean\"", "\"boolean\"", "00", "false", 0, 0},
        {"\"boolean\"", "\"boolean\"", "01", "true", 0, 0},
        {"\"int\"", "\"int\"", "01", "-1", 0, 0},
        {"\"int\"", "\"int\"", "feffffff0f", "2147483647", 0, 0},
        {"\"int\"", "\"int\"", "ffffffff0f", "-2147483648", 0, 0},
        {"\"long\"", "\"long\"", "feffffffffffffffff01", "9223372036854775807", 0, 0},
        {"\"long\"", "\"long\"", "ffffffffffffffffff01", "-9223372036854775808", 0, 0},
        {"\"float\"", "\"float\"", "0000c03f", "1.5", 0, 0},
        {"\"float\"", "\"float\"", "0000c07f", "\"NaN\"", 0, 0},
        {"\"double\"", "\"double\"", "000000000000f8bf", "-1.5", 0, 0},
        {"\"double\"", "\"double\"", "9a9999999999b93f", "0.1", 0, 0},
        {"\"double\"", "\"double\"", "000000000000f0ff", "\"-Infinity\"", 0, 0},
        {"\"bytes\"", "\"bytes\"", "06 00 ff 41",
         "\"\\u0000\xc3\xbf"
         "A\"",
         0, 0},
        {"\"string\"", "\"string\"", "00", "\"\"", 0, 0},
        {"\"string\"", "\"string\"", "04 c3a9", "\"\xc3\xa9\"", 0, 0},
        {FIXED("F", 2), FIXED("F", 2), "41 42", "\"AB\"", 0, 0},
        {FIXED("F", 0), FIXED("F", 0), "", "\"\"", 0, 0},
    };
    (void)state;
    CHECK(rules);
}

static void promotions(void **state)
{
    static const struct rule rules[] = {
        {"\"int\"", "\"long\"", "03", "-2", 0, 0},
        {"\"int\"", "\"float\"", "03", "-2.0", 0, 0},
        {"\"int\"", "\"double\"", "feffffff0f", "2147483647.0", 0, 0},
        {"\"long\"", "\"float\"", "04", "2.0", 0, 0},
        {"\"long\"", "\"double\"", "04", "2.0", 0, 0},
        {"\"float\"", "\"double\"", "0000c03f", "1.5", 0, 0},
        {"\"string\"", "\"bytes\"", "04 c3a9", "\"\xc3\x83\xc2\xa9\"", 0, 0},
        {"\"bytes\"", "\"string\"", "04 c3a9", "\"\xc3\xa9\"", 0, 0},
        {"\"bytes\"", "\"string\"", "02 ff", NULL, VF_EUTF8, "not UTF-8, at byte 0"},
        {"\"string\"", "\"bytes\"", "02 ff", "\"\xc3\xbf\"", 0, 0},
        {"\"long\"", "\"int\"", "04", NULL, VF_EINCOMPATIBLE,
         "writer's long (long) cannot be read as reader's int (int)"},
        {"\"float\"", "\"long\"", "0000c03f", NULL, VF_EINCOMPATIBLE, "cannot be read"},
        {"\"double\"", "\"float\"", "", NULL, VF_EINCOMPATIBLE, "cannot be read"},
        {"\"int\"", "\"string\"", "", NULL, VF_EINCOMPATIBLE, "cannot be read"},
        {"\"int\"", "\"boolean\"", "", NULL, VF_EINCOMPATIBLE, "cannot be read"},
        {"\"null\"", "\"int\"", "", NULL, VF_EINCOMPATIBLE, "cannot be read"},
    };
    (void)state;
    CHECK(rules);
}

static void records(void **state)
{
    static const struct rule rules[] = {
        /* Reordered. */
        {RECORD(FIELD("a", "\"int\"") "," FIELD("b", "\"string\"")),
         RECORD(FIELD("b", "\"string\"") "," FIELD("a", "\"int\"")), "02 0278",
         "{\"b\": \"x\", \"a\": 1}", 0, 0},
        /* Removed: skipped, whatever it is. */
        {RECORD(FIELD("x", "[\"null\",\"string\"]") "," FIELD("y", ARRAY(MAP("\"int\""))) "," FIELD(
             "z", ENUM("E", "\"A\",\"B\"", "")) "," FIELD("f", FIXED("F", 3)) "," FIELD("a",
                                                                                        "\"int\"")),
         RECORD(FIELD("a", "\"int\"")), "020278 02 02026b06 00 00 02 010203 0e", "{\"a\": 7}", 0,
         0},
        /* Skipped by the blocks' sizes. */
        {RECORD(FIELD("y", ARRAY("\"string\"")) "," FIELD("a", "\"int\"")),
         RECORD(FIELD("a", "\"int\"")), "03 08 04ffff00 01 02 00 00 0e", "{\"a\": 7}", 0, 0},
        /* Added, with defaults of all kinds. */
        {RECORD(FIELD("a", "\"int\"")),
         RECORD(OPTION("s", "\"string\"", "\"default\":\"d\"") "," OPTION("u", "[\"null\",\"int\"]", "\"default\":null") "," OPTION("v", "[\"null\",\"int\"]", "\"default\":9") "," OPTION("m", MAP("\"long\""), "\"default\":{\"k\":-1}") "," OPTION(
             "b", "\"bytes\"",
             "\"default\":\"\\u00ff\"") "," OPTION("d", "\"double\"",
                                                   "\"default\":1") "," OPTION("e",
                                                                               ENUM("E",
                                                                                    "\"A\","
                                                                                    "\"B\"",
                                                                                    ""),
                                                                               "\"default\":"
                                                                               "\"B\"") "," OPTION("r",
                                                                                                   "{\"type\":\"record\",\"name\":\"I\",\"fields\":[" OPTION(
                                                                                                       "p",
                                                                                                       "\"int\"",
                                                                                                       "\"default\":3") "," FIELD("q",
                                                                                                                                  "\"int\"") "]}",
                                                                                                   "\"default\":{\"q\":4}") "," OPTION("t",
                                                                                                                                       "[\"int\",\"string\",\"null\"]",
                                                                                                                                       "\"default\":\"x\"") "," FIELD("a",
                                                                                                                                                                      "\"int\"")),
         "02",
         "{\"s\": \"d\", \"u\": null, \"v\": 9, \"m\": {\"k\": -1}, \"b\": \"\xc3\xbf\", "
         "\"d\": 1.0, \"e\": \"B\", \"r\": {\"p\": 3, \"q\": 4}, \"t\": {\"string\": \"x\"}, "
         "\"a\": 1}",
         0, 0},
        {RECORD(FIELD("a", "\"int\"")), RECORD(FIELD("a", "\"int\"") "," FIELD("n", "\"int\"")),
         "02", NULL, VF_EINCOMPATIBLE, "the writer has no field \"n\", and it has no default"},
        /* Aliases of fields; a field's own name comes first. */
        {RECORD(FIELD("old", "\"int\"")), RECORD(OPTION("new", "\"int\"", "\"aliases\":[\"old\"]")),
         "02", "{\"new\": 1}", 0, 0},
        {RECORD(FIELD("old", "\"int\"") "," FIELD("new", "\"int\"")),
         RECORD(OPTION("new", "\"int\"", "\"aliases\":[\"old\"]")), "02 04", "{\"new\": 2}", 0, 0},
        {RECORD(FIELD("old", "\"int\"")),
         RECORD(OPTION("new", "\"int\"",
                       "\"aliases\":[\"old\"],\"default\":5") "," FIELD("old", "\"int\"")),
         "02", "{\"new\": 5, \"old\": 1}", 0, 0},
        /* Names of records: unqualified, or an alias. */
        {"{\"type\":\"record\",\"name\":\"a.R\",\"fields\":[]}",
         "{\"type\":\"record\",\"name\":\"b.R\",\"fields\":[]}", "", "{}", 0, 0},
        {"{\"type\":\"record\",\"name\":\"a.Q\",\"fields\":[]}",
         "{\"type\":\"record\",\"name\":\"b.R\",\"aliases\":[\"a.Q\"],\"fields\":[]}", "", "{}", 0,
         0},
        {"{\"type\":\"record\",\"name\":\"Q\",\"fields\":[]}", RECORD(""), "", NULL,
         VF_EINCOMPATIBLE, "writer's Q (Q) cannot be read as reader's R (R)"},
        /* The path is told in both schemas. */
        {RECORD(FIELD("people", ARRAY("{\"type\":\"record\",\"name\":\"P\",\"fields\":[" FIELD(
                                    "age", "\"string\"") "]}"))),
         RECORD(OPTION(
             "persons",
             ARRAY("{\"type\":\"record\",\"name\":\"P\",\"fields\":[" FIELD("age", "\"int\"") "]}"),
             "\"aliases\":[\"people\"]")),
         "00", NULL, VF_EINCOMPATIBLE,
         "writer's people[].age (string) cannot be read as reader's persons[].age (int)"},
    };
    (void)state;
    CHECK(rules);
}

static void enums_and_fixed(void **state)
{
    static const struct rule rules[] = {
        {ENUM("E", "\"A\",\"B\",\"C\"", ""), ENUM("E", "\"C\",\"A\",\"B\"", ""), "02", "\"B\"", 0,
         0},
        {ENUM("E", "\"A\",\"B\"", ""), ENUM("E", "\"A\",\"D\"", ",\"default\":\"D\""), "02",
         "\"D\"", 0, 0},
        {ENUM("E", "\"A\",\"B\"", ""), ENUM("E", "\"A\"", ""), "02", NULL, VF_EDATA,
         "the writer's symbol 1 is unknown here, and there is no default, at byte 0"},
        {ENUM("E", "\"A\",\"B\"", ""), ENUM("E", "\"A\"", ""), "00", "\"A\"", 0, 0},
        {ENUM("E", "\"A\"", ""), ENUM("E", "\"B\"", ""), "00", NULL, VF_EINCOMPATIBLE,
         "they share no symbol"},
        {ENUM("E", "\"A\"", ""), ENUM("F", "\"A\"", ""), "00", NULL, VF_EINCOMPATIBLE, "cannot"},
        {ENUM("E", "\"A\"", ""), ENUM("F", "\"A\"", ",\"aliases\":[\"E\"]"), "00", "\"A\"", 0, 0},
        {ENUM("E", "\"A\",\"B\"", ""), ENUM("E", "\"A\",\"B\"", ""), "04", NULL, VF_EDATA,
         "symbol 2 of 2, at byte 0"},
        {ENUM("E", "\"A\",\"B\"", ""), ENUM("E", "\"A\",\"B\"", ""), "01", NULL, VF_EDATA,
         "symbol -1 of 2"},
        {FIXED("F", 2), FIXED("F", 3), "", NULL, VF_EINCOMPATIBLE, "cannot be read"},
        {FIXED("F", 2), FIXED("G", 2), "", NULL, VF_EINCOMPATIBLE, "cannot be read"},
        {FIXED("x.F", 1), FIXED("y.F", 1), "41", "\"A\"", 0, 0},
        {FIXED("F", 2), FIXED("F", 2), "41", NULL, VF_ETRUNCATED, "the value ends too early"},
    };
    (void)state;
    CHECK(rules);
}

static void unions(void **state)
{
    static const struct rule rules[] = {
        {"[\"null\",\"string\"]", "[\"null\",\"string\"]", "00", "null", 0, 0},
        {"[\"null\",\"string\"]", "[\"null\",\"string\"]", "020278", "\"x\"", 0, 0},
        {"[\"string\",\"null\"]", "[\"null\",\"string\"]", "000278", "\"x\"", 0, 0},
        {"[\"string\",\"null\"]", "[\"null\",\"string\"]", "02", "null", 0, 0},
        {"[\"null\",\"int\"]", "[\"null\",\"long\"]", "0203", "-2", 0, 0},
        {"[\"null\",\"int\"]", "[\"double\",\"null\"]", "0203", "-2.0", 0, 0},
        {"[\"null\"," ARRAY("\"int\"") "]", "[\"null\"," ARRAY("\"int\"") "]", "02 040204 00",
         "[1, 2]", 0, 0},
        {"[\"null\"," FIXED("F", 1) "]", "[\"null\"," FIXED("F", 1) "]", "0241", "\"A\"", 0, 0},
        {"[\"null\"," FIXED("F", 1) "]", "[\"null\"," FIXED("F", 1) "]", "02", NULL, VF_ETRUNCATED,
         "ends too early"},
        /* Tagged ones. */
        {"[\"int\",\"string\",\"null\"]", "[\"null\",\"string\",\"int\"]", "0002", "{\"int\": 1}",
         0, 0},
        {"[\"int\",\"string\",\"null\"]", "[\"null\",\"string\",\"int\"]", "04", "null", 0, 0},
        {"[\"int\",\"string\"]", "[\"null\",\"string\",\"long\"]", "0002", "{\"long\": 1}", 0, 0},
        /* To and from a union. */
        {"\"int\"", "[\"null\",\"int\"]", "02", "1", 0, 0},
        {"\"null\"", "[\"null\",\"int\"]", "", "null", 0, 0},
        {"\"string\"", "[\"null\",\"string\"]", "0278", "\"x\"", 0, 0},
        {"\"null\"", "[\"null\",\"string\"]", "", "null", 0, 0},
        {"\"null\"", "[" ARRAY("\"int\"") ",\"null\"]", "", "null", 0, 0},
        {ARRAY("\"int\""), "[" ARRAY("\"int\"") ",\"null\"]", "00", "[]", 0, 0},
        {"\"int\"", "[\"null\",\"string\",\"boolean\"]", "02", NULL, VF_EINCOMPATIBLE,
         "no branch of the union can hold it"},
        {"[\"null\",\"int\"]", "\"int\"", "0202", "1", 0, 0},
        {"[\"null\",\"int\"]", "\"int\"", "00", NULL, VF_EINCOMPATIBLE, "(null) cannot be read"},
        {"[\"int\",\"long\"]", "\"long\"", "0202", "1", 0, 0},
        {"[\"null\",\"string\"]", "\"int\"", "00", NULL, VF_EINCOMPATIBLE,
         "no branch of the writer's union can be read"},
        {"[\"null\",\"boolean\"]", "[\"null\",\"int\"]", "00", "null", 0, 0},
        {"[\"null\",\"boolean\"]", "[\"null\",\"int\"]", "0201", NULL, VF_EINCOMPATIBLE,
         "no branch of the union can hold it, at byte 1"},
        /* The same type comes before a promotion, whatever the order. */
        {"\"int\"", "[\"double\",\"int\"]", "02", "{\"int\": 1}", 0, 0},
        {"\"int\"", "[\"double\",\"long\"]", "02", "{\"double\": 1.0}", 0, 0},
        {"\"string\"", "[\"bytes\",\"string\"]", "0278", "{\"string\": \"x\"}", 0, 0},
        /* Records by full name, then alias, then simple name. */
        {"{\"type\":\"record\",\"name\":\"b.R\",\"fields\":[]}",
         "[{\"type\":\"record\",\"name\":\"a.R\",\"fields\":[]},"
         "{\"type\":\"record\",\"name\":\"b.R\",\"fields\":[]}]",
         "", "{\"b.R\": {}}", 0, 0},
        {"{\"type\":\"record\",\"name\":\"b.Q\",\"fields\":[]}",
         "[{\"type\":\"record\",\"name\":\"a.Q\",\"fields\":[]},"
         "{\"type\":\"record\",\"name\":\"c.R\",\"aliases\":[\"b.Q\"],\"fields\":[]}]",
         "", "{\"c.R\": {}}", 0, 0},
        /* Branches that are not there. */
        {"[\"null\",\"string\"]", "[\"null\",\"string\"]", "04", NULL, VF_EDATA,
         "branch 2 of 2, at byte 0"},
        {"[\"null\",\"string\"]", "[\"null\",\"string\"]", "01", NULL, VF_EDATA, "branch -1 of 2"},
        {"[\"int\",\"string\",\"null\"]", "[\"int\",\"string\",\"null\"]", "06", NULL, VF_EDATA,
         "branch 3 of 3"},
        {"[]", "[]", "00", NULL, VF_EDATA, "branch 0 of 0"},
    };
    (void)state;
    CHECK(rules);
}

static void arrays_and_maps(void **state)
{
    static const struct rule rules[] = {
        {ARRAY("\"int\""), ARRAY("\"long\""), "04 02 04 02 06 00", "[1, 2, 3]", 0, 0},
        {ARRAY("\"int\""), ARRAY("\"long\""), "03 04 02 04 01 02 06 00", "[1, 2, 3]", 0, 0},
        {ARRAY("\"string\""), ARRAY("\"string\""), "02 0261 03 0a 026204cc8a 00",
         "[\"a\", \"b\", \"\xcc\x8a\"]", 0, 0},
        {ARRAY("\"null\""), ARRAY("\"null\""), "06 00", "[null, null, null]", 0, 0},
        {MAP("\"int\""), MAP("\"double\""), "02 0261 02 02 0262 04 00", "{\"a\": 1.0, \"b\": 2.0}",
         0, 0},
        {ARRAY(ARRAY("\"string\"")), ARRAY(ARRAY("\"string\"")), "04 00 02 0261 00 00",
         "[[], [\"a\"]]", 0, 0},
        {ARRAY("\"int\""), MAP("\"int\""), "00", NULL, VF_EINCOMPATIBLE, "cannot be read"},
        {ARRAY("\"int\""), ARRAY("\"string\""), "00", NULL, VF_EINCOMPATIBLE, "cannot be read"},
        {ARRAY("\"string\""), ARRAY("\"string\""), "04 0261 0500", NULL, VF_EDATA,
         "[1]: a length of -3 bytes, at byte 3"},
        {ARRAY("\"int\""), ARRAY("\"int\""), "04 02", NULL, VF_ETRUNCATED,
         "2 items, and 1 bytes are left, at byte 0"},
        {ARRAY("\"int\""), ARRAY("\"int\""), "feffffffffffffffff01 02", NULL, VF_ETRUNCATED,
         "9223372036854775807 items, and 1 bytes are left"},
        {ARRAY("\"int\""), ARRAY("\"int\""), "ffffffffffffffffff01 02 02", NULL, VF_ETRUNCATED,
         "9223372036854775808 items"},
        {ARRAY("\"null\""), ARRAY("\"null\""), "feffffffffffffffff01 00", NULL, VF_ELIMIT,
         "more than 1000000 items"},
        {ARRAY("\"int\""), ARRAY("\"int\""), "01 06 02 00", NULL, VF_ETRUNCATED,
         "a block of more bytes than are left"},
        {ARRAY("\"int\""), ARRAY("\"int\""), "01 03 02 00", NULL, VF_ETRUNCATED, "a block of"},
        {ARRAY("\"int\""), ARRAY("\"int\""), "01 04 02 00 00", NULL, VF_EDATA,
         "a block does not end where its size says"},
        {ARRAY("\"int\""), ARRAY("\"int\""), "02 02", NULL, VF_ETRUNCATED, "ends too early"},
        {MAP("\"int\""), MAP("\"int\""), "02 02ff 02 00", NULL, VF_EUTF8, "[0]: not UTF-8"},
    };
    (void)state;
    CHECK(rules);
}

static void recursion(void **state)
{
#define LIST(value)                                                                                \
    "{\"type\":\"record\",\"name\":\"L\",\"fields\":[" FIELD("v", value) "," FIELD(                \
        "next", "[\"null\",\"L\"]") "]}"
    static const struct rule rules[] = {
        {LIST("\"int\""), LIST("\"long\""), "02 02 04 02 06 00",
         "{\"v\": 1, \"next\": {\"v\": 2, \"next\": {\"v\": 3, \"next\": null}}}", 0, 0},
        {LIST("\"int\""), LIST("\"long\""), "02 02 04 02 06 04", NULL, VF_EDATA,
         "next.next.next: branch 2 of 2, at byte 5"},
        {LIST("\"string\""), LIST("\"int\""), "00 00", NULL, VF_EINCOMPATIBLE,
         "writer's v (string) cannot be read as reader's v (int)"},
        /* Skipped. */
        {RECORD(FIELD("l", LIST("\"int\"")) "," FIELD("a", "\"int\"")),
         RECORD(FIELD("a", "\"int\"")), "02 02 04 02 06 00 0e", "{\"a\": 7}", 0, 0},
        /* Found out where two records hold each other. */
        {"{\"type\":\"record\",\"name\":\"A\",\"fields\":[" FIELD(
             "b", ARRAY("{\"type\":\"record\",\"name\":\"B\",\"fields\":[" FIELD(
                      "a", "[\"null\",\"A\"]") "," FIELD("x", "\"int\"") "]}")) "]}",
         "{\"type\":\"record\",\"name\":\"A\",\"fields\":[" FIELD(
             "b", ARRAY("{\"type\":\"record\",\"name\":\"B\",\"fields\":[" FIELD(
                      "a", "[\"null\",\"A\"]") "," FIELD("x", "\"boolean\"") "]}")) "]}",
         "00", NULL, VF_EINCOMPATIBLE,
         "writer's b[].x (int) cannot be read as reader's b[].x (boolean)"},
    };
    (void)state;
    CHECK(rules);
}

static void bad_bytes_are_named(void **state)
{
    static const struct rule rules[] = {
        {"\"int\"", "\"int\"", "", NULL, VF_ETRUNCATED, "the value ends too early, at byte 0"},
        {"\"int\"", "\"int\"", "80", NULL, VF_ETRUNCATED, "ends too early"},
        {"\"int\"", "\"int\"", "8080808010", NULL, VF_EDATA, "2147483648 is out of range for int"},
        {"\"int\"", "\"int\"", "feffffffffffffffff01", NULL, VF_EDATA,
         "9223372036854775807 is out of range for int"},
        {"\"int\"", "\"long\"", "8080808010", NULL, VF_EDATA, "is out of range for int"},
        {"\"long\"", "\"long\"", "ffffffffffffffffff02", NULL, VF_EDATA, "more than 64 bits"},
        {"\"long\"", "\"long\"", "ffffffffffffffffffff01", NULL, VF_EDATA, "more than 64 bits"},
        {"\"long\"", "\"double\"", "80", NULL, VF_ETRUNCATED, "ends too early"},
        {"\"boolean\"", "\"boolean\"", "05", NULL, VF_EDATA, "a boolean of 5"},
        {"\"boolean\"", "\"boolean\"", "", NULL, VF_ETRUNCATED, "ends too early"},
        {"\"float\"", "\"float\"", "000000", NULL, VF_ETRUNCATED, "ends too early"},
        {"\"float\"", "\"double\"", "000000", NULL, VF_ETRUNCATED, "ends too early"},
        {"\"double\"", "\"double\"", "00000000000000", NULL, VF_ETRUNCATED, "ends too early"},
        {"\"string\"", "\"string\"", "06 6162", NULL, VF_ETRUNCATED,
         "a length of 3 bytes, and 2 are left, at byte 0"},
        {"\"string\"", "\"string\"", "fcffffff0f", NULL, VF_ETRUNCATED, "a length of 2147483646"},
        {"\"bytes\"", "\"bytes\"", "01", NULL, VF_EDATA, "a length of -1 bytes"},
        {"\"string\"", "\"string\"", "04 c328", NULL, VF_EUTF8, "not UTF-8"},
        {"\"string\"", "\"string\"", "06 eda080", NULL, VF_EUTF8, "not UTF-8"},
        {"\"string\"", "\"string\"", "04 c080", NULL, VF_EUTF8, "not UTF-8"},
        {"\"string\"", "\"string\"", "08 f4908080", NULL, VF_EUTF8, "not UTF-8"},
        {"\"string\"", "\"string\"", "12 6162636465666768 80", NULL, VF_EUTF8, "not UTF-8"},
        {"\"int\"", "\"int\"", "02 00 00", NULL, VF_ETRAILING, "2 bytes left over, at byte 1"},
        {"\"null\"", "\"null\"", "00", NULL, VF_ETRAILING, "1 bytes left over, at byte 0"},
        {RECORD(FIELD("p", ARRAY("{\"type\":\"record\",\"name\":\"P\",\"fields\":[" FIELD(
                               "n", "\"string\"") "," FIELD("r", ENUM("E", "\"A\"", "")) "]}"))),
         RECORD(FIELD("p", ARRAY("{\"type\":\"record\",\"name\":\"P\",\"fields\":[" FIELD(
                               "n", "\"string\"") "," FIELD("r", ENUM("E", "\"A\"", "")) "]}"))),
         "06 0261 00 0262 02 0263 00 00", NULL, VF_EDATA, "p[1].r: symbol 1 of 1, at byte 6"},
        /* In what is skipped too. */
        {RECORD(FIELD("x", "\"boolean\"")), RECORD(""), "02", NULL, VF_EDATA,
         "x: a boolean of 2, at byte 0"},
        {RECORD(FIELD("x", ARRAY("\"bytes\""))), RECORD(""), "04 0261 09", NULL, VF_EDATA,
         "x[1]: a length of -5 bytes"},
        {RECORD(FIELD("x", "[\"null\",\"int\"]")), RECORD(""), "04", NULL, VF_EDATA,
         "x: branch 2 of 2"},
        {RECORD(FIELD("x", ENUM("E", "\"A\"", ""))), RECORD(""), "02", NULL, VF_EDATA,
         "x: symbol 1 of 1"},
        {RECORD(FIELD("x", "\"double\"")), RECORD(""), "02", NULL, VF_ETRUNCATED, "x: the value"},
    };
    (void)state;
    CHECK(rules);
}

static void limits_hold(void **state)
{
    const struct wire_limits few = {.value_bytes = 3, .items = 3, .depth = 3};
    struct outcome outcome;

    (void)state;
    outcome = transcode_with("\"string\"", "\"string\"", bytes_of("06 616263"), &few);
    assert_int_equal(outcome.code, 0);
    outcome = transcode_with("\"string\"", "\"string\"", bytes_of("08 61626364"), &few);
    assert_int_equal(outcome.code, VF_ELIMIT);
    assert_string_equal(outcome.text, "a length of 4 bytes: the limit is 3, at byte 0");
    outcome = transcode_with(ARRAY("\"int\""), ARRAY("\"int\""), bytes_of("06 000000 00"), &few);
    assert_int_equal(outcome.code, 0);
    outcome =
        transcode_with(ARRAY("\"int\""), ARRAY("\"int\""), bytes_of("04 0000 04 0000 00"), &few);
    assert_int_equal(outcome.code, VF_ELIMIT);
    assert_string_equal(outcome.text, "more than 3 items in one value, at byte 3");
    outcome = transcode_with(LIST("\"int\""), LIST("\"int\""), bytes_of("00 02 00 02 00 00"), &few);
    assert_int_equal(outcome.code, VF_ELIMIT); /* a pointer and a call each */
    assert_contains(outcome.text, "next.next: nested deeper than 3 levels");
    outcome = transcode_with(RECORD(FIELD("x", LIST("\"int\""))), RECORD(""),
                             bytes_of("00 02 00 02 00 02 00 02 00 00"), &few);
    assert_int_equal(outcome.code, VF_ELIMIT);
}

/* 100,000 levels of recursion are data, and no matter for the stack. */
static void deep_values_are_refused(void **state)
{
    struct vf_buffer bytes;

    (void)state;
    vf_buffer_init(&bytes, TEST_BUFFER_LIMIT);
    for (int i = 0; i < 100000; i++)
        vf_buffer_append(&bytes, "\0\2", 2);
    struct outcome outcome =
        transcode_with(LIST("\"int\""), LIST("\"int\""), vf_buffer_slice(&bytes), NULL);
    assert_int_equal(outcome.code, VF_ELIMIT);
    outcome = transcode_with(LIST("\"int\""), LIST("\"int\""), vf_buffer_slice(&bytes),
                             &(struct wire_limits){SIZE_MAX, SIZE_MAX, SIZE_MAX});
    assert_int_equal(outcome.code, VF_ELIMIT);
    vf_buffer_release(&bytes);
}

/* Many small blocks must not cost memory by their square. */
static void many_blocks_cost_little(void **state)
{
    enum { BLOCKS = 100000 };
    struct wire_schema *schema = parse_schema(ARRAY("\"long\""));
    struct wire_plan *plan;
    struct wire_array array;
    struct vf_error err = {0};
    struct vf_arena arena;
    struct vf_buffer bytes;

    (void)state;
    assert_int_equal(wire_plan_compile(schema, schema, &plan, &err), 0);
    vf_buffer_init(&bytes, TEST_BUFFER_LIMIT);
    for (int i = 0; i < BLOCKS; i++)
        vf_buffer_append(&bytes, "\2\4", 2);
    vf_buffer_append(&bytes, "\0", 1);
    vf_arena_init(&arena, 4096, 8 * BLOCKS * sizeof(int64_t));
    if (wire_decode(plan, vf_buffer_slice(&bytes), NULL, &arena, &array, &err))
        fail_msg("%s", err.text);
    assert_int_equal(array.count, BLOCKS);
    for (int i = 0; i < BLOCKS; i++)
        assert_int_equal(((int64_t *)array.items)[i], 2);
    vf_arena_release(&arena);

    vf_arena_init(&arena, 4096, 10000);
    assert_int_equal(wire_decode(plan, vf_buffer_slice(&bytes), NULL, &arena, &array, &err),
                     VF_ENOMEM);
    assert_contains(err.text, "no memory left for the value");
    vf_arena_release(&arena);
    vf_buffer_release(&bytes);
    wire_plan_free(plan);
    wire_schema_free(schema);
}

/* Records that hold each other four times over: 4^8 fields, if all were written out. */
static void shared_records_stay_small(void **state)
{
    char text[16384] =
        "{\"type\":\"record\",\"name\":\"R0\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"}]}";
    char bytes[64] = {0};

    (void)state;
    for (int i = 1; i <= 8; i++) {
        char more[16384];
        snprintf(more, sizeof more,
                 "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[{\"name\":\"a\",\"type\":%s},"
                 "{\"name\":\"b\",\"type\":{\"type\":\"array\",\"items\":\"R%d\"}},"
                 "{\"name\":\"c\",\"type\":\"R%d\"},{\"name\":\"d\",\"type\":\"R%d\"}]}",
                 i, text, i - 1, i - 1, i - 1);
        strcpy(text, more);
    }
    struct outcome outcome = transcode_with(text, text, vf_slice(bytes, sizeof bytes), NULL);
    assert_int_equal(outcome.code, VF_ETRUNCATED);
}

static void memory_may_end_anywhere(void **state)
{
    struct wire_schema *writer = parse_schema(LIST("\"int\""));
    struct wire_schema *reader =
        parse_schema("{\"type\":\"record\",\"name\":\"L\",\"fields\":[" OPTION(
            "w", "\"long\"",
            "\"aliases\":[\"v\"]") "," FIELD("next", "[\"L\",\"null\"]") "," OPTION("more",
                                                                                    "\"string\"",
                                                                                    "\"default\":"
                                                                                    "\"x\"") "]}");
    unsigned long n = 1;

    (void)state;
    for (;; n++) {
        struct wire_plan *plan;
        struct vf_error err = {0};
        vf_memory_fail_after(n);
        int code = wire_plan_compile(writer, reader, &plan, &err);
        vf_memory_fail_after(0);
        if (code == 0) {
            wire_plan_free(plan);
            break;
        }
        assert_int_equal(code, VF_ENOMEM);
        assert_int_equal(err.code, VF_ENOMEM);
        assert_null(plan);
    }
    assert_true(n > 5);
    wire_schema_free(writer);
    wire_schema_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primitives),
        cmocka_unit_test(promotions),
        cmocka_unit_test(records),
        cmocka_unit_test(enums_and_fixed),
        cmocka_unit_test(unions),
        cmocka_unit_test(arrays_and_maps),
        cmocka_unit_test(recursion),
        cmocka_unit_test(bad_bytes_are_named),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(deep_values_are_refused),
        cmocka_unit_test(many_blocks_cost_little),
        cmocka_unit_test(shared_records_stay_small),
        cmocka_unit_test(memory_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
