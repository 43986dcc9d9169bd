/* What serves tiles of divided gradients besides the table. */
#ifndef PP_COVER_H
#define PP_COVER_H

#include "../sweep/sweep.h"

/* Windows that lie side by side, few channels (spread.c).  Reads up to PP_ALIGN bytes past the gradients. */
extern const pp_pass pp_spread_pass;

#endif
