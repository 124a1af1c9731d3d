#include "kafka/message.h"

rd_kafka_headers_t *vf_message_headers(const struct vf_record *record)
{
    if (!record->header_count)
        return NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct vf_header *header = &record->headers[i];
        rd_kafka_header_add(headers, header->name.ptr, (ssize_t)header->name.len, header->value.ptr,
                            (ssize_t)header->value.len);
    }
    return headers;
}

bool vf_message_acknowledged(const rd_kafka_message_t *message)
{
    return !message->err && message->offset >= 0;
}

rd_kafka_resp_err_t vf_message_send_again(rd_kafka_t *rk, const rd_kafka_message_t *message,
                                          int32_t partition)
{
    rd_kafka_timestamp_type_t type;
    int64_t timestamp = rd_kafka_message_timestamp(message, &type);
    rd_kafka_headers_t *original;
    rd_kafka_headers_t *headers = NULL;
    rd_kafka_vu_t fields[8] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = message->rkt},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {message->payload, message->len}},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {message->key, message->key_len}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = message->_private},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = timestamp > 0 ? timestamp : 0},
    };
    size_t count = 7;
    if (rd_kafka_message_headers(message, &original) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        headers = rd_kafka_headers_copy(original);
        fields[count++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers};
    }
    rd_kafka_error_t *error = rd_kafka_produceva(rk, fields, count);
    if (!error)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (headers)
        rd_kafka_headers_destroy(headers);
    return code;
}
