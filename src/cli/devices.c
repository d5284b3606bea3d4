/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn devices: lists the OpenCL devices. */
#include "command.h"
#include "device.h"
#include "text.h"
#include "json.h"
#include "message.h"
#include "option.h"
#include "pack_file.h"
#include "printable.h"

#include <stdio.h>
#include <string.h>

/* What a device tells by numbers, with the names of the JSON. */
static const struct {
    const char *name;
    cl_device_info what;
} numbers[] = {
    {"compute_units", CL_DEVICE_MAX_COMPUTE_UNITS},
    {"native_float_vector", CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT},
    {"address_bits", CL_DEVICE_ADDRESS_BITS},
    {"global_memory", CL_DEVICE_GLOBAL_MEM_SIZE},
    {"max_allocation", CL_DEVICE_MAX_MEM_ALLOC_SIZE},
    {"local_memory", CL_DEVICE_LOCAL_MEM_SIZE},
};

/* What a device can do: it has the extension, or one of the bits. */
static const struct {
    const char *name, *label, *extension; /* the label is for people; NULL: none */
    cl_device_info what;
    cl_ulong bits;
} abilities[] = {
    {"fp64", "fp64", NULL, CL_DEVICE_DOUBLE_FP_CONFIG, CL_ULONG_MAX},
    {"fp16", "fp16", "cl_khr_fp16", 0, 0},
    {"fma", "fma", NULL, CL_DEVICE_SINGLE_FP_CONFIG, CL_FP_FMA},
    {"round_to_nearest", "round to nearest", NULL, CL_DEVICE_SINGLE_FP_CONFIG,
     CL_FP_ROUND_TO_NEAREST},
    {"inf_nan", "inf/nan", NULL, CL_DEVICE_SINGLE_FP_CONFIG, CL_FP_INF_NAN},
    {"denorms", "denorms", NULL, CL_DEVICE_SINGLE_FP_CONFIG, CL_FP_DENORM},
    {"compiler", NULL, NULL, CL_DEVICE_COMPILER_AVAILABLE, CL_TRUE},
};

enum { NUMBERS = sizeof numbers / sizeof numbers[0], COMPILER = 6, ABILITIES };

static bool has_ability(const device *d, size_t i)
{
    return abilities[i].extension
               ? device_has_extension(d->id, abilities[i].extension)
               : (device_number(d->id, abilities[i].what) & abilities[i].bits) != 0;
}

static const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}

static const char *profile_of(const device *d)
{
    return d->embedded ? "EMBEDDED" : "FULL";
}

typedef struct size_text {
    char chars[32];
} size_text;

static size_text size_of(const device *d, cl_device_info what)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_text t;
    double size = (double)device_number(d->id, what);
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof units[0]; ++unit)
        size /= 1024;
    snprintf(t.chars, sizeof t.chars, "%.4g %s", size, units[unit]);
    return t;
}

static void print_human(const device *d, size_t index, const char *pack)
{
    enum { INDENT = 15 };
    char text[256];
    size_t used = 0;
    printf("%zu  %s\n", index, d->name);
    text_fold(stdout, INDENT, "   platform", "%s, %s", d->platform_name, d->platform_version);
    text_fold(stdout, INDENT, "   device",
              "%s, driver %s, %s profile, %u-bit addresses, compiler %s", device_type_name(d->type),
              d->driver, profile_of(d), (unsigned)device_number(d->id, CL_DEVICE_ADDRESS_BITS),
              yes_no(has_ability(d, COMPILER)));
    text_fold(stdout, INDENT, "   size",
              "%u compute units, native float vector %u, global %s, max allocation %s, local %s",
              (unsigned)device_number(d->id, CL_DEVICE_MAX_COMPUTE_UNITS),
              (unsigned)device_number(d->id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT),
              size_of(d, CL_DEVICE_GLOBAL_MEM_SIZE).chars,
              size_of(d, CL_DEVICE_MAX_MEM_ALLOC_SIZE).chars,
              size_of(d, CL_DEVICE_LOCAL_MEM_SIZE).chars);
    for (size_t i = 0; abilities[i].label; ++i)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", i ? ", " : "",
                                 abilities[i].label, yes_no(has_ability(d, i)));
    text_fold(stdout, INDENT, "   arithmetic", "%s", text);
    if (pack)
        text_fold(stdout, INDENT, "   pack", "%s", pack);
}

static void add_to_json(json *j, const device *d, size_t index, const char *pack)
{
    json_open_object(j, NULL);
    json_add_integer(j, "index", (int64_t)index);
    json_add_text(j, "platform", d->platform_name);
    json_add_text(j, "platform_version", d->platform_version);
    json_add_text(j, "name", d->name);
    json_add_text(j, "driver_version", d->driver);
    json_add_text(j, "type", device_type_name(d->type));
    json_add_text(j, "profile", profile_of(d));
    for (size_t i = 0; i < NUMBERS; ++i)
        json_add_integer(j, numbers[i].name, (int64_t)device_number(d->id, numbers[i].what));
    for (size_t i = 0; i < ABILITIES; ++i)
        json_add_bool(j, abilities[i].name, has_ability(d, i));
    if (pack)
        json_add_text(j, "pack", pack);
    json_close(j);
}

static int print_devices(bool as_json, const cllrn_pack *pack)
{
    device_list list;
    if (!device_list_load(&list))
        return EXIT_FAILED;
    json j = {.file = stdout};
    if (as_json) {
        j = json_begin(stdout);
        json_add_text(&j, "schema", "cllrn-devices-1");
        json_open_array(&j, "devices");
    }
    for (size_t i = 0; i < list.count; ++i) {
        const device *const d = &list.devices[i];
        cllrn_error error = CLLRN_ERROR_INIT;
        const bool fits = pack && cllrn_pack_check(pack, d->id, 0, &error) == CLLRN_SUCCESS;
        printable_line(error.message);
        const char *const answer = !pack ? NULL : fits ? "fits" : error.message;
        as_json ? add_to_json(&j, d, i, answer) : print_human(d, i, answer);
    }
    while (*j.closing)
        json_close(&j);
    device_list_free(&list);
    return message_finish_stdout();
}

typedef struct request {
    const char *pack;
    bool json;
} request;

static const option_row rows[] = {
    {"json", NULL, "prints one JSON object instead, as below", OPTION_FIELD(request, json)},
    {"pack", "PACK", "also tells which of them a binary pack is for", OPTION_FIELD(request, pack)},
    {.name = NULL},
};

static const option_table options = {
    .usage = "usage: cllrn devices [--json] [--pack PACK]\n"
             "\n"
             "Lists the devices of every OpenCL platform, in the order of the index that\n"
             "'cllrn run --device' takes.\n",
    .rows = rows,
    .notes = "The JSON is one object. Unknown numbers are 0, unknown texts empty:\n"
             "  schema                    \"cllrn-devices-1\"; another meaning, another number\n"
             "  devices                   array, each with\n"
             "    index                   number for --device\n"
             "    platform, name\n"
             "    platform_version, driver_version\n"
             "    type                    \"GPU\", \"accelerator\", \"CPU\" or \"other\"\n"
             "    profile                 \"FULL\" or \"EMBEDDED\"\n"
             "    compute_units, native_float_vector, address_bits\n"
             "    global_memory, max_allocation, local_memory  in bytes\n"
             "    fp64, fp16              has double, half arithmetic\n"
             "    fma                     reports CL_FP_FMA for float, else it may be slow\n"
             "    round_to_nearest, inf_nan, denorms  of float arithmetic\n"
             "    compiler                builds kernels from source\n"
             "    pack                    with --pack: \"fits\", or why not\n",
    .defaults = &(const request){.pack = NULL},
    .size = sizeof(request),
};

int command_devices(int argc, char **argv)
{
    request r;
    cllrn_pack *pack = NULL;
    int status;
    if (!option_parse(&options, &argc, &argv, &r, &status))
        return status;
    if (r.pack && !pack_file_open(r.pack, false, &pack))
        return EXIT_FAILED;
    status = print_devices(r.json, pack);
    cllrn_pack_destroy(pack);
    return status;
}
