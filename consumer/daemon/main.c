#include "daemon/commands.h"

int main(int argc, char **argv)
{
    return vf_command_main(argc, argv);
}
