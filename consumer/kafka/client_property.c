#include "kafka/client_property.h"

#include "base/memory.h"
#include "base/nearest.h"
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROPERTIES_MAX = 1024 }; /* the library has some 170; a name may be listed twice */

/* "name   |  C, P or *  | range ...": the name and the roles. False for the table's other lines. */
static bool parse_line(char *line, struct vf_property *out)
{
    char *bar = strchr(line, '|');
    size_t name = strcspn(line, " |");
    if (!bar || name == 0 || bar[1] != ' ')
        return false;
    char scope = bar[1 + strspn(bar + 1, " ")];
    if (scope != 'C' && scope != 'P' && scope != '*')
        return false;
    if (strncmp(bar + 1 + strspn(bar + 1, " "), "C/P", 3) == 0)
        return false;
    line[name] = '\0';
    out->name = line;
    out->roles[VF_CLIENT_CONSUMER] = scope != 'P';
    out->roles[VF_CLIENT_PRODUCER] = scope != 'C';
    return true;
}

/* The library prints the table to a FILE only. */
static int print_properties(char **text)
{
    char *memory = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&memory, &size);
    if (!stream)
        return VF_ENOMEM;
    rd_kafka_conf_properties_show(stream);
    if (fclose(stream) != 0) {
        free(memory);
        return VF_ENOMEM;
    }
    *text = vf_strdup(memory);
    free(memory);
    return *text ? 0 : VF_ENOMEM;
}

int vf_property_list_load(struct vf_property_list *list, struct vf_error *err)
{
    *list = (struct vf_property_list){.items = vf_calloc(PROPERTIES_MAX, sizeof *list->items)};
    if (!list->items || print_properties(&list->text)) {
        vf_property_list_release(list);
        return vf_error_set(err, VF_ENOMEM, "out of memory for the list of Kafka properties");
    }
    char *rest = list->text;
    char *line;
    while (list->count < PROPERTIES_MAX && (line = strsep(&rest, "\n")))
        list->count += parse_line(line, &list->items[list->count]);
    if (list->count == 0) {
        vf_property_list_release(list);
        return vf_error_set(err, VF_EKAFKA, "the client library lists no properties");
    }
    return 0;
}

void vf_property_list_release(struct vf_property_list *list)
{
    vf_free(list->items);
    vf_free(list->text);
    *list = (struct vf_property_list){0};
}

const struct vf_property *vf_property_find(const struct vf_property_list *list,
                                           struct vf_slice name)
{
    for (size_t i = 0; i < list->count; i++)
        if (vf_slice_is(name, list->items[i].name))
            return &list->items[i];
    return NULL;
}

const char *vf_property_nearest(const struct vf_property_list *list, struct vf_slice name,
                                enum vf_client_role role)
{
    struct vf_nearest nearest;
    vf_nearest_begin(&nearest, name);
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].roles[role])
            vf_nearest_offer(&nearest, list->items[i].name);
    return nearest.word;
}
