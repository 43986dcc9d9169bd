/* Error sentences. */
#include "common.h"

#include <stdarg.h>
#include <stdio.h>

pp_error pp_error_buffer(char *text, size_t size)
{
    pp_error error = {text, text ? size : 0};
    if (error.size) error.text[0] = '\0';
    return error;
}

pp_status pp_fail(const pp_error *error, pp_status status, const char *format, ...)
{
    if (error->size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->text, error->size, format, arguments);
        va_end(arguments);
    }
    return status;
}
