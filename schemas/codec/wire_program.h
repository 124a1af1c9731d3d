#ifndef WIRE_PROGRAM_H
#define WIRE_PROGRAM_H

#include "codec/wire_type.h"

struct wire_program;

/* The program that encodes values of the type. VF_ENOMEM, VF_ELIMIT. */
int wire_encoder_compile(const struct wire_type *type, struct wire_program **out);
void wire_program_free(struct wire_program *program); /* NULL is allowed */

#endif
