/* Reading the parts of a word of the notation.  Each function moves nothing but what it is given; a sentence quotes the word. */
#ifndef PP_CASE_READ_H
#define PP_CASE_READ_H

#include "common.h"

enum { PP_WORD = 160 };

typedef struct pp_reader {
    pp_desc *desc;
    const pp_error *error;
    const char *word; /* the whole word, for sentences */
} pp_reader;

pp_status pp_bad_word(const pp_reader *r, const char *rule);

/* A whole number at *text, which moves behind it; '-' alone is PP_AUTO (not set, or keep) where "keep" allows it. */
bool pp_read_number(const char **text, bool keep, int64_t *value);

pp_status pp_read_sizes(const pp_reader *r, const char *text, bool keep, int64_t values[PP_MAX_RANK]);
pp_status pp_read_pads(const pp_reader *r, const char *text);
pp_status pp_read_batch(const pp_reader *r, const char *text); /* n8c64, n8, c64 */
pp_status pp_read_view(const pp_reader *r, const char *text);  /* behind the word view */

/* The number of the word of a list that these "length" characters are; -1: none. */
int pp_find_name(pp_names list, const char *text, size_t length);

/* One of a list's words, from number *value on and below "end"; the sentence names them all. */
pp_status pp_read_name(const pp_reader *r, pp_names list, int end, const char *text, int *value);

#endif
