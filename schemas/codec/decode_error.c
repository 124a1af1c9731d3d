/*
 * Why decoding stopped, in words. The bytes are read once more where it did.
 */
#include "codec/wire_decoder.h"
#include "codec/wire_varint.h"
#include <stdio.h>

struct message {
    int code;
    char text[256];
};

__attribute__((format(printf, 3, 4))) static void say(struct message *message, int code,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(message->text, sizeof message->text, format, args);
    va_end(args);
    message->code = code;
}

static void say_truncated(struct message *message)
{
    say(message, VF_ETRUNCATED, "the value ends too early");
}

/* True when there is a number at *at, which then moves past it; false: said why not. */
static bool explain_number(const struct wire_decoder *decoder, const uint8_t **at, int64_t *number,
                           struct message *message)
{
    struct wire_number n = wire_number_read(*at, decoder->end);

    if (n.next) {
        *number = wire_unzigzag(n.value);
        *at = n.next;
        return true;
    }
    if (decoder->end - *at < WIRE_VARINT_MAX)
        say_truncated(message);
    else
        say(message, VF_EDATA, "a number of more than 64 bits");
    return false;
}

static void explain_slice(const struct wire_decoder *decoder, const uint8_t *at,
                          struct message *message)
{
    int64_t length;

    if (!explain_number(decoder, &at, &length, message))
        return;
    if (length < 0)
        say(message, VF_EDATA, "a length of %lld bytes", (long long)length);
    else if (length > decoder->end - at)
        say(message, VF_ETRUNCATED, "a length of %lld bytes, and %zu are left", (long long)length,
            (size_t)(decoder->end - at));
    else if ((uint64_t)length > decoder->limits->value_bytes)
        say(message, VF_ELIMIT, "a length of %lld bytes: the limit is %zu", (long long)length,
            decoder->limits->value_bytes);
    else
        say(message, VF_EUTF8, "not UTF-8");
}

/* Numbers that stand for one of count things. */
static void explain_choice(const struct wire_decoder *decoder, const uint8_t *at, const char *what,
                           uint32_t count, struct message *message)
{
    int64_t number;

    if (!explain_number(decoder, &at, &number, message))
        return;
    if (number < 0 || number >= count)
        say(message, VF_EDATA, "%s %lld of %u", what, (long long)number, (unsigned)count);
    else
        say(message, VF_EDATA, "the writer's %s %lld is unknown here, and there is no default",
            what, (long long)number);
}

static bool is_optional(const struct wire_insn *insn)
{
    return (insn->op >= OP_OPTIONAL_STRING && insn->op <= OP_OPTIONAL_POINTER) ||
           (insn->op == OP_TEXTS && insn->b);
}

static void explain_optional(const struct wire_decoder *decoder, const struct wire_insn *insn,
                             const uint8_t *at, struct message *message)
{
    int64_t number;

    if (!explain_number(decoder, &at, &number, message))
        return;
    if (number != 0 && number != 1)
        say(message, VF_EDATA, "branch %lld of 2", (long long)number);
    else if (insn->op == OP_OPTIONAL_FIXED)
        say_truncated(message);
    else
        explain_slice(decoder, at, message);
}

static void explain_value(const struct wire_decoder *decoder, const struct wire_insn *insn,
                          const uint8_t *at, struct message *message)
{
    int64_t number;

    if (is_optional(insn)) {
        explain_optional(decoder, insn, at, message);
        return;
    }
    switch (insn->op) {
    case OP_BOOLEAN:
    case OP_SKIP_BOOLEAN:
        if (at < decoder->end)
            say(message, VF_EDATA, "a boolean of %u", (unsigned)*at);
        else
            say_truncated(message);
        break;
    case OP_ENUM:
    case OP_ENUM_MAPPED:
    case OP_SKIP_ENUM: explain_choice(decoder, at, "symbol", insn->a, message); break;
    case OP_SWITCH: explain_choice(decoder, at, "branch", insn->a, message); break;
    case OP_BYTES:
    case OP_STRING:
    case OP_TEXTS:
    case OP_SKIP_BYTES:
    case OP_ARRAY_OF_STRINGS: explain_slice(decoder, at, message); break;
    case OP_FIXED:
    case OP_SKIP_FIXED:
    case OP_FLOAT:
    case OP_FLOAT_TO_DOUBLE:
    case OP_DOUBLE: say_truncated(message); break;
    default:
        if (explain_number(decoder, &at, &number, message))
            say(message, VF_EDATA, "%lld is out of range for int", (long long)number);
        break;
    }
}

static void explain(const struct wire_decoder *decoder, enum wire_reason reason,
                    const struct wire_insn *insn, const uint8_t *at, struct message *message)
{
    size_t left = (size_t)(decoder->end - at);
    int64_t number = 0;

    switch (reason) {
    case BAD_VALUE: explain_value(decoder, insn, at, message); break;
    case BAD_COUNT:
        if (explain_number(decoder, &at, &number, message))
            say(message, VF_ETRUNCATED, "%llu items, and %zu bytes are left",
                number < 0 ? -(unsigned long long)number : (unsigned long long)number,
                (size_t)(decoder->end - at));
        break;
    case BAD_BLOCK: say(message, VF_ETRUNCATED, "a block of more bytes than are left"); break;
    case BAD_BLOCK_END: say(message, VF_EDATA, "a block does not end where its size says"); break;
    case BAD_ITEMS:
        say(message, VF_ELIMIT, "more than %zu items in one value", decoder->limits->items);
        break;
    case BAD_DEPTH:
        say(message, VF_ELIMIT, "nested deeper than %zu levels", decoder->depth_limit);
        break;
    case BAD_MEMORY: say(message, VF_ENOMEM, "no memory left for the value"); break;
    case BAD_REFUSED:
        say(message, VF_EINCOMPATIBLE, "%s", (const char *)decoder->program->constants[insn->b]);
        break;
    case BAD_TRAILING: say(message, VF_ETRAILING, "%zu bytes left over", left); break;
    }
}

int wire_decode_report(const struct wire_decoder *decoder, enum wire_reason reason,
                       const struct wire_insn *insn, const uint8_t *at, size_t depth,
                       long long item, struct vf_error *err)
{
    char path[WIRE_PATH_TEXT];
    struct message message;

    explain(decoder, reason, insn, at, &message);
    wire_program_path(decoder->program, insn, decoder->frames, depth, path);
    if (item != WIRE_NO_ITEM)
        wire_path_add_index(path, strlen(path), (size_t)item);
    return vf_error_set(err, message.code, "%s%s%s, at byte %zu", path, path[0] ? ": " : "",
                        message.text, (size_t)(at - decoder->start));
}
