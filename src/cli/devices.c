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

/* What is printed about a device. */
typedef struct facts {
    size_t index;
    const device *device;
    char platform_version[256], driver_version[256];
    const char *profile;
    cl_ulong compute_units, native_float_vector, address_bits;
    cl_ulong global_memory, max_allocation, local_memory;
    bool fp64, fp16, fma, round_to_nearest, inf_nan, denorms, compiler;
    char pack[600]; /* "fits", or why not; empty without --pack */
} facts;

static void check_pack(facts *f, const cllrn_pack *pack)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const bool fits = cllrn_pack_check(pack, f->device->id, 0, &error) == CLLRN_SUCCESS;
    snprintf(f->pack, sizeof f->pack, "%s", fits ? "fits" : error.message);
    printable_line(f->pack);
}

static facts collect(const device *listed, size_t index, const cllrn_pack *pack)
{
    const cl_device_id id = listed->id;
    const cl_ulong float_config = device_number(id, CL_DEVICE_SINGLE_FP_CONFIG);
    char profile[64];
    device_text(id, CL_DEVICE_PROFILE, profile, sizeof profile);
    facts f = {
        .index = index,
        .device = listed,
        .profile = strncmp(profile, "EMBEDDED", 8) == 0 ? "EMBEDDED" : "FULL",
        .compute_units = device_number(id, CL_DEVICE_MAX_COMPUTE_UNITS),
        .native_float_vector = device_number(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT),
        .address_bits = device_number(id, CL_DEVICE_ADDRESS_BITS),
        .global_memory = device_number(id, CL_DEVICE_GLOBAL_MEM_SIZE),
        .max_allocation = device_number(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE),
        .local_memory = device_number(id, CL_DEVICE_LOCAL_MEM_SIZE),
        .fp64 = device_number(id, CL_DEVICE_DOUBLE_FP_CONFIG) != 0,
        .fp16 = device_has_extension(id, "cl_khr_fp16"),
        .fma = (float_config & CL_FP_FMA) != 0,
        .round_to_nearest = (float_config & CL_FP_ROUND_TO_NEAREST) != 0,
        .inf_nan = (float_config & CL_FP_INF_NAN) != 0,
        .denorms = (float_config & CL_FP_DENORM) != 0,
        .compiler = device_number(id, CL_DEVICE_COMPILER_AVAILABLE) != 0,
    };
    device_platform_text(listed->platform, CL_PLATFORM_VERSION, f.platform_version,
                         sizeof f.platform_version);
    device_text(id, CL_DRIVER_VERSION, f.driver_version, sizeof f.driver_version);
    if (pack)
        check_pack(&f, pack);
    return f;
}

/* ---------------------------------------------------------------------- human */

static const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}

typedef struct size_text {
    char chars[32];
} size_text;

static size_text text_of_size(cl_ulong bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_text t;
    double size = (double)bytes;
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof units[0]; ++unit)
        size /= 1024;
    snprintf(t.chars, sizeof t.chars, "%.4g %s", size, units[unit]);
    return t;
}

static void print_human(const facts *f)
{
    enum { INDENT = 15 };
    printf("%zu  %s\n", f->index, f->device->name);
    text_fold(stdout, INDENT, "   platform", "%s, %s", f->device->platform_name,
              f->platform_version);
    text_fold(stdout, INDENT, "   device",
              "%s, driver %s, %s profile, %u-bit addresses, compiler %s",
              device_type_name(f->device->type), f->driver_version, f->profile,
              (unsigned)f->address_bits, yes_no(f->compiler));
    text_fold(stdout, INDENT, "   size",
              "%u compute units, native float vector %u, global %s, max allocation %s, local %s",
              (unsigned)f->compute_units, (unsigned)f->native_float_vector,
              text_of_size(f->global_memory).chars, text_of_size(f->max_allocation).chars,
              text_of_size(f->local_memory).chars);
    text_fold(stdout, INDENT, "   arithmetic",
              "fp64 %s, fp16 %s, fma %s, round to nearest %s, inf/nan %s, denorms %s",
              yes_no(f->fp64), yes_no(f->fp16), yes_no(f->fma), yes_no(f->round_to_nearest),
              yes_no(f->inf_nan), yes_no(f->denorms));
    if (*f->pack)
        text_fold(stdout, INDENT, "   pack", "%s", f->pack);
}

/* ----------------------------------------------------------------------- JSON */

static void add_to_json(json *j, const facts *f)
{
    json_open_object(j, NULL);
    json_add_integer(j, "index", (int64_t)f->index);
    json_add_text(j, "platform", f->device->platform_name);
    json_add_text(j, "platform_version", f->platform_version);
    json_add_text(j, "name", f->device->name);
    json_add_text(j, "driver_version", f->driver_version);
    json_add_text(j, "type", device_type_name(f->device->type));
    json_add_text(j, "profile", f->profile);
    json_add_integer(j, "compute_units", (int64_t)f->compute_units);
    json_add_integer(j, "native_float_vector", (int64_t)f->native_float_vector);
    json_add_integer(j, "address_bits", (int64_t)f->address_bits);
    json_add_integer(j, "global_memory", (int64_t)f->global_memory);
    json_add_integer(j, "max_allocation", (int64_t)f->max_allocation);
    json_add_integer(j, "local_memory", (int64_t)f->local_memory);
    json_add_bool(j, "fp64", f->fp64);
    json_add_bool(j, "fp16", f->fp16);
    json_add_bool(j, "fma", f->fma);
    json_add_bool(j, "round_to_nearest", f->round_to_nearest);
    json_add_bool(j, "inf_nan", f->inf_nan);
    json_add_bool(j, "denorms", f->denorms);
    json_add_bool(j, "compiler", f->compiler);
    if (*f->pack)
        json_add_text(j, "pack", f->pack);
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
        const facts f = collect(&list.devices[i], i, pack);
        as_json ? add_to_json(&j, &f) : print_human(&f);
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
