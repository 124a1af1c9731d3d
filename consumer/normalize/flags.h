/*
 * Flags: what a reader of a normalized event should know about how it was made. Each is a doubt
 * or a choice; none is an error. They are printed by name.
 */
#ifndef VF_NORMALIZE_FLAGS_H
#define VF_NORMALIZE_FLAGS_H

#include "base/slice.h"
#include <stdint.h>

/* X(NAME, meaning). The order is that in which they are printed. */
#define VF_FLAG_LIST(X)                                                                            \
    X(DATE_UNKNOWN, "the report does not tell when")                                               \
    X(DATE_INFERRED_YEAR, "the year is not told: the one that fits the day of publication")        \
    X(DATE_INFERRED_MONTH, "the month is not told: the one that fits the day of publication")      \
    X(DATE_RELATIVE, "told relative to the day of publication: \"today\", \"on Thursday\"")        \
    X(DATE_FROM_DATELINE, "only the dateline tells a day")                                         \
    X(DATE_FROM_PUBLICATION, "only the day of publication is told")                                \
    X(DATE_FROM_DURATION, "the end follows from how long it is said to last")                      \
    X(DATE_YEAR_MISSING, "day and month are told, but nothing to infer the year from")             \
    X(DATE_NO_ANCHOR, "told relative to a day of publication that is not known, or only by month") \
    X(DATE_ORDER_AMBIGUOUS, "day and month may be the other way round; left open")                 \
    X(DATE_IMPOSSIBLE, "a day that does not exist; left open")                                     \
    X(DATE_UNREADABLE, "start or end has a form that is not understood")                           \
    X(DATE_END_BEFORE_START, "the end lies before the start; left open")                           \
    X(DATE_CONFLICT, "the phrase tells another day than start and end, which were taken")          \
    X(DATE_WEEKDAY_MISMATCH, "the weekday told is not that of the day told")                       \
    X(DATE_OPEN_START, "only the end is told")                                                     \
    X(DATE_OPEN_END, "only the beginning is told")                                                 \
    X(DATE_OTHER_CALENDAR, "converted from another calendar")                                      \
    X(DATE_LUNAR_CALENDAR,                                                                         \
      "told in the Islamic calendar alone, which may be a day off; left open")                     \
    X(DATE_ONLY_STAMP, "only a stamp of day, hour and zone, which is the text's own; left open")   \
    X(AMBIGUOUS_COUNTRY, "a text may mean several countries; left open")                           \
    X(UNKNOWN_COUNTRY, "a text given as a country is not known as one")                            \
    X(COUNTRY_BY_CONTEXT, "only the rest of the report told which country a text means")           \
    X(AMBIGUOUS_CITY, "several cities bear a name; the country was left open")                     \
    X(UNKNOWN_CITY, "a text given as a city is not known as one")                                  \
    X(VENUE_AS_CITY, "a building or hall stands where a city should")                              \
    X(PLACE_CONFLICT, "the city does not lie in the country given")                                \
    X(SEVERAL_STOPS, "more than one place was visited; no single host")                            \
    X(HOST_UNKNOWN, "the territory cannot be told")                                                \
    X(HOST_FROM_PERSON, "the territory follows from the host's country")                           \
    X(PERSON_COUNTRY_UNKNOWN, "the country of someone taking part cannot be told")                 \
    X(PERSON_COUNTRY_INFERRED, "someone's country follows from the host or the delegation")        \
    X(UNNAMED_PERSON, "someone taking part is not named")                                          \
    X(NAME_DOUBTFUL, "a text given as a name is not a person's name, or damaged")                  \
    X(SEVERAL_PEOPLE_IN_NAME, "a text given as one name holds several people")                     \
    X(HIDDEN_CHARACTERS, "control or zero-width characters were taken out of a name")              \
    X(FORMER_OFFICE, "an office is one that the person held before")                               \
    X(HOST_NOT_A_PARTY, "the place is only the seat of a conference: its country takes no part")   \
    X(AMBIGUOUS_ORGANIZATION, "a text may mean several organizations; left open")                  \
    X(UNKNOWN_ORGANIZATION, "a text is no international body known here")                          \
    X(MEMBERSHIP_UNCERTAIN, "a standing cannot be told for sure on the date")                      \
    X(MEMBERSHIP_AS_OF_PUBLICATION, "without a date: standings are those of publication")          \
    X(MEMBERSHIP_WITHOUT_DATE, "without a date: standings cannot be told")                         \
    X(RELATIONS_DIFFER, "the report tells other days of relations than the reference data")        \
    X(PARENT_BY_ID, "the visit is given by its id alone, from which its key cannot be told")       \
    X(KEY_FROM_REPORT, "too little is told to tie this report to others of the same event")

enum vf_flag {
#define X(name, meaning) VF_FLAG_##name,
    VF_FLAG_LIST(X)
#undef X
        VF_FLAG_COUNT
};

/* A set: bit f for flag f. */
typedef uint64_t vf_flags;
#define VF_FLAG_BIT(name) (UINT64_C(1) << VF_FLAG_##name)
_Static_assert(VF_FLAG_COUNT <= 64, "flags fit a word");

struct vf_slice vf_flag_name(enum vf_flag flag);
const char *vf_flag_meaning(enum vf_flag flag);

#endif
