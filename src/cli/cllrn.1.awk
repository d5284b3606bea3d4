# SPDX-License-Identifier: Apache-2.0
# Writes the man page cllrn(1): what `cllrn --help` and the help of each sub-command say.
#   awk -v cllrn=COMMAND -v version=VERSION -v date=DATE -f src/cmake/man.awk -f cllrn.1.awk

BEGIN {
    count = read_help(cllrn)
    status = help[count]
    sub(/^Exit status: /, "", status)
    title("cllrn", 1, "User Commands", "Local Response Normalization on any OpenCL device")
    section("SYNOPSIS")
    at = write_usage()
    section("DESCRIPTION")
    for (++at; at < count; ++at) {
        write_line(help[at], "^  [a-z]")
        if (help[at] ~ /^  [a-z]/)
            commands[++command_count] = substr(help[at], 3, index(substr(help[at], 3), " ") - 1)
    }
    for (c = 1; c <= command_count; ++c) {
        section("CLLRN " toupper(commands[c]))
        count = read_help(cllrn " " commands[c])
        for (at = write_usage(); at <= count; ++at)
            if (help[at] !~ /^Exit status: /)
                write_line(help[at], "^  --")
    }
    section("ENVIRONMENT")
    item(bold("CLLRN_DEVICE"), "the device where no option names one, as --device does")
    item(bold("CLLRN_CACHE"), "off, 0, no or false: compiled programs are not kept")
    item(bold("CLLRN_CACHE_DIR"), "the directory where compiled programs are kept")
    item(bold("XDG_CACHE_HOME"), "without CLLRN_CACHE_DIR, its directory cllrn is that directory")
    item(bold("CLLRN_KERNEL_DIR"), "the directory of kernel sources, in place of those built in")
    item(bold("TMPDIR"), "the directory of temporary files, in place of /tmp")
    section("FILES")
    item(italic("~/.cache/cllrn"), "compiled programs, unless the environment names a directory")
    section("EXIT STATUS")
    print escape(status)
    section("SEE ALSO")
    print ".BR cllrn\\-plot (1),\n.BR cllrn (3)"
}
