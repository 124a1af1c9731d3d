#include "tool.h"

int main(int argc, char **argv)
{
    return vf_tool_main(argc, argv);
}
