/*
 * Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends the program at once.
 */
#ifndef VF_PRODUCER_INTERRUPT_H
#define VF_PRODUCER_INTERRUPT_H

#include <stdbool.h>

/* Also ignores SIGPIPE: a closed output is an error of its write. */
void vf_interrupt_install(void);
/* Whether the first has come. Any thread. */
bool vf_interrupted(void);

#endif
