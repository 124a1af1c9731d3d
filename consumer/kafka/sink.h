/*
 * The producing side. All calls and callbacks on the loop's thread.
 */
#ifndef VF_KAFKA_SINK_H
#define VF_KAFKA_SINK_H

#include "kafka/source.h"

struct vf_sink;

#endif
