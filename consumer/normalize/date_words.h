/*
 * Words of dates and the tokens of a date phrase. Internal to dates.
 */
#ifndef VF_NORMALIZE_DATE_WORDS_H
#define VF_NORMALIZE_DATE_WORDS_H

#include "base/arena.h"
#include "normalize/lexicon.h"

/* Kinds of the dates lexicon; value in brackets. */
enum vf_word_kind {
    VF_WORD_MONTH,           /* [1..12] */
    VF_WORD_PERSIAN_MONTH,   /* [1..12] */
    VF_WORD_ISLAMIC_MONTH,   /* [1..12] */
    VF_WORD_HEBREW_MONTH,    /* [1..13], 6 is Adar I, 7 Adar */
    VF_WORD_WEEKDAY,         /* [0 = Monday .. 6] */
    VF_WORD_WEEKDAY_SHORT,   /* likewise; too short to stand alone */
    VF_WORD_WEEKDAY_ORDINAL, /* likewise; a number before a noun: "segunda sessão" */
    VF_WORD_LAST_WEEKDAY,    /* likewise */
    VF_WORD_THIS_WEEKDAY,    /* likewise */
    VF_WORD_NEXT_WEEKDAY,    /* likewise */
    VF_WORD_WEEKDAY_AFTER,   /* "3.a feira": a number, 2 = Monday, stands before */
    VF_WORD_WEEKDAY_BEFORE,  /* the number stands after */
    VF_WORD_DAY_OFFSET,      /* [days from publication] */
    VF_WORD_WEEK_OFFSET,     /* [weeks] */
    VF_WORD_MONTH_OFFSET,    /* [months] */
    VF_WORD_YEAR_OFFSET,     /* [years] */
    VF_WORD_NUMBER,          /* [1..31] */
    VF_WORD_CJK_NUMBER,      /* [1..10] */
    VF_WORD_ORDINAL_DAY,     /* [1..31] */
    VF_WORD_UNIT_DAY,
    VF_WORD_UNIT_WEEK,
    VF_WORD_UNIT_MONTH,
    VF_WORD_NIGHTS,   /* "3박 4일": nights, then days */
    VF_WORD_DURATION, /* [days] */
    VF_WORD_TO,
    VF_WORD_FROM,
    VF_WORD_AND,
    VF_WORD_SINCE,
    VF_WORD_BY,
    VF_WORD_NEXT,
    VF_WORD_LAST,
    VF_WORD_THIS,
    VF_WORD_AGO,        /* after number and unit; [days], or after the number alone */
    VF_WORD_AGO_BEFORE, /* before them */
    VF_WORD_HENCE,      /* before number and unit: from now */
    VF_WORD_DAY_AFTER,  /* marks the number before it as a day */
    VF_WORD_DAY_BEFORE, /* marks the number after it */
    VF_WORD_MONTH_AFTER,
    VF_WORD_MONTH_BEFORE,
    VF_WORD_YEAR_AFTER,
    VF_WORD_YEAR_BEFORE,
    VF_WORD_YEAR_FIRST, /* year 1 of an era */
    VF_WORD_ERA,        /* [its year 0 in our era] */
    VF_WORD_HIJRI,      /* the year is Islamic */
    VF_WORD_PERSIAN,    /* the year is Persian */
    VF_WORD_QUARTER,
    VF_WORD_SEASON,
    VF_WORD_DATELINE,    /* the date beside it is where and when the report was written */
    VF_WORD_PUBLISHED,   /* the date beside it is that of publication */
    VF_WORD_FILLER,      /* may stand inside a date and says nothing */
    VF_WORD_BEGUN,       /* "opened", "arrived" */
    VF_WORD_ENDED,       /* "concluded", "wrapped up" */
    VF_WORD_LEFT,        /* "departed": the end, unless it is the way to a visit */
    VF_WORD_TOWARDS,     /* "for": what that way leads to */
    VF_WORD_AFTER,       /* before a duration: it is over */
    VF_WORD_CLOCK,       /* the number beside it is an hour */
    VF_WORD_NAME_BEFORE, /* "rue du 4 septembre", "every Monday": the day behind it is none */
    VF_WORD_NAME_AFTER,  /* "28 May Street": the day before it is none */
    VF_WORD_OTHER,       /* any other word */
    VF_WORD_DIGITS,      /* a number in digits */
    VF_WORD_MARK,        /* punctuation; value: '-' for any dash, 'e' for an ellipsis */
    VF_WORD_END,
};

struct vf_date_token {
    uint8_t kind;
    uint8_t digits; /* DIGITS: how many */
    bool glued;     /* nothing stands between it and the token before */
    bool upper;     /* begins with a capital letter, or its script has none */
    bool caps;      /* in capital letters all of it, two at least */
    bool foreign;   /* a word of neither the report's language nor English */
    int32_t value;
    const char *name; /* of the folded word; only for Hebrew numerals and the like */
    size_t name_len;
};

/* More tokens than any phrase of dates has; what follows them is not read. */
enum { VF_DATE_TOKENS_MAX = 120 };
/* END tokens behind the last one: parsers look so far ahead without asking. */
enum { VF_DATE_TOKENS_AHEAD = 8 };

struct vf_date_tokens {
    struct vf_date_token at[VF_DATE_TOKENS_MAX + VF_DATE_TOKENS_AHEAD];
    size_t count; /* without the END tokens behind them */
};

/* 0 or VF_ENOMEM. Words that are not UTF-8 are left out. */
int vf_date_tokens_read(struct vf_slice text, vf_language language, struct vf_arena *arena,
                        struct vf_date_tokens *out);

#endif
