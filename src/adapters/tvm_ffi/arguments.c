/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The next argument; NULL if it is omitted or None. */
static const TVMFFIAny *take(struct lrn_arguments *arguments)
{
    const int32_t index = arguments->next++;
    if (index >= arguments->count || arguments->values[index].type_index == kTVMFFINone)
        return NULL;
    return &arguments->values[index];
}

/* Sets the error of the argument that was taken last. */
static bool refuse(const struct lrn_arguments *arguments, const char *kind, const char *name,
                   const char *actual, const char *expected)
{
    char place[80];
    snprintf(place, sizeof place, "%s: argument %" PRId32 ", %s: ", arguments->function,
             arguments->next, name);
    const char *parts[] = {place, actual, ", expected ", expected};
    TVMFFIErrorSetRaisedFromCStrParts(kind, parts, 4);
    return false;
}

static bool refuse_type(const struct lrn_arguments *arguments, const char *name,
                        const char *expected)
{
    const int32_t index = arguments->next - 1;
    if (index >= arguments->count)
        return refuse(arguments, "TypeError", name, "omitted", expected);
    const TVMFFITypeInfo *info = TVMFFIGetTypeInfo(arguments->values[index].type_index);
    return refuse(arguments, "TypeError", name, info->type_key.data, expected);
}

bool lrn_argument_int(struct lrn_arguments *arguments, const char *name, int64_t least,
                      int64_t most, int64_t *value)
{
    const TVMFFIAny *any = take(arguments);
    if (any == NULL)
        return true;
    if (any->type_index != kTVMFFIInt)
        return refuse_type(arguments, name, "an int");
    if (any->v_int64 < least || any->v_int64 > most) {
        char actual[24], expected[64];
        snprintf(actual, sizeof actual, "%" PRId64, any->v_int64);
        snprintf(expected, sizeof expected, "%" PRId64 " to %" PRId64, least, most);
        return refuse(arguments, "ValueError", name, actual, expected);
    }
    *value = any->v_int64;
    return true;
}

bool lrn_argument_number(struct lrn_arguments *arguments, const char *name, double *value)
{
    const TVMFFIAny *any = take(arguments);
    if (any == NULL)
        return true;
    if (any->type_index == kTVMFFIFloat)
        *value = any->v_float64;
    else if (any->type_index == kTVMFFIInt)
        *value = (double)any->v_int64;
    else
        return refuse_type(arguments, name, "a number");
    return true;
}

static bool text_of(const TVMFFIAny *any, TVMFFIByteArray *text)
{
    switch (any->type_index) {
    case kTVMFFIRawStr:
        text->data = any->v_c_str;
        text->size = strlen(any->v_c_str);
        return true;
    case kTVMFFISmallStr:
        text->data = any->v_bytes;
        text->size = any->small_str_len;
        return true;
    case kTVMFFIStr:
        memcpy(text, any->v_obj + 1, sizeof *text); /* a String has it behind its header */
        return true;
    default:
        return false;
    }
}

bool lrn_argument_text(struct lrn_arguments *arguments, const char *name, char value[LRN_TEXT_SIZE])
{
    const TVMFFIAny *any = take(arguments);
    if (any == NULL)
        return true;
    TVMFFIByteArray text;
    if (!text_of(any, &text))
        return refuse_type(arguments, name, "a str");
    if (text.size >= LRN_TEXT_SIZE || memchr(text.data, '\0', text.size) != NULL)
        return refuse(arguments, "ValueError", name, "too long, or with a zero in it",
                      "a shorter one");
    memcpy(value, text.data, text.size);
    value[text.size] = '\0';
    return true;
}

bool lrn_argument_text_or_index(struct lrn_arguments *arguments, const char *name,
                                char value[LRN_TEXT_SIZE])
{
    const int32_t index = arguments->next;
    if (index >= arguments->count || arguments->values[index].type_index != kTVMFFIInt)
        return lrn_argument_text(arguments, name, value);
    int64_t number;
    if (!lrn_argument_int(arguments, name, 0, INT32_MAX, &number))
        return false;
    snprintf(value, LRN_TEXT_SIZE, "%" PRId64, number);
    return true;
}

bool lrn_argument_tensor(struct lrn_arguments *arguments, const char *name, const DLTensor **value)
{
    const TVMFFIAny *any = take(arguments);
    if (any != NULL && any->type_index == kTVMFFIDLTensorPtr && any->v_ptr != NULL)
        *value = any->v_ptr;
    else if (any != NULL && any->type_index == kTVMFFITensor)
        *value = (const void *)(any->v_obj + 1); /* a Tensor has it behind its header */
    else
        return refuse_type(arguments, name, "a tensor");
    return true;
}
