/*
 * Messages between a producer's owner and the library. Any thread that may use the handle.
 */
#ifndef VF_KAFKA_MESSAGE_H
#define VF_KAFKA_MESSAGE_H

#include "base/record.h"
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

/* The record's headers, for the library to own; NULL where there are none. */
rd_kafka_headers_t *vf_message_headers(const struct vf_record *record);

/*
 * Whether a report means that the brokers have the message. Also to a message whose own request
 * failed the library reports success, without an offset, when a later batch of its partition was
 * acknowledged: it counts on the brokers refusing what comes out of turn. They do, but for the
 * first batch of a producer that is new to the partition: so what was sent to a partition just
 * created, or just led by another broker, could be lost. (librdkafka: rd_kafka_dr_implicit_ack.)
 */
bool vf_message_acknowledged(const rd_kafka_message_t *message);
/* What is said of one that is reported as written, and was not acknowledged. */
#define VF_MESSAGE_DOUBTFUL "reported as written without an offset"

/* Sends a reported message once more, a copy of it, with the same opaque. partition:
 * RD_KAFKA_PARTITION_UA for the one its key belongs to. */
rd_kafka_resp_err_t vf_message_send_again(rd_kafka_t *rk, const rd_kafka_message_t *message,
                                          int32_t partition);

#endif
