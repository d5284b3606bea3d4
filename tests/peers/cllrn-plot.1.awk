# SPDX-License-Identifier: Apache-2.0
# Writes the man page cllrn-plot(1): what `cllrn-plot --help` says.
#   awk -v plot=COMMAND -v version=VERSION -v date=DATE -f src/cmake/man.awk -f cllrn-plot.1.awk
BEGIN {
    count = read_help(plot)
    title("cllrn-plot", 1, "User Commands", "draws what cllrn bench measured")
    section("SYNOPSIS")
    at = write_usage()
    section("DESCRIPTION")
    for (++at; at <= count && help[at] != "positional arguments:"; ++at)
        convert(help[at])
    section("OPTIONS")
    while (help[at] !~ /^option/ && at <= count)
        ++at
    for (++at; at <= count; ++at)
        write_line(help[at], "^  -")
    section("SEE ALSO")
    print ".BR cllrn (1)"
}
