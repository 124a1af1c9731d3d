#include "daemon/commands.h"
#include "kafka/client.h"
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int status = vf_command_main(argc, argv);

    if (vf_client_left_behind()) {
        fflush(NULL);
        _exit(status);
    }
    return status;
}
