# SPDX-License-Identifier: Apache-2.0
# What the man pages, NAME.SECTION.awk beside what each is about, share: plain text becomes the source of a man
# page. Text at the left margin becomes paragraphs, terms with their meanings become lists, and
# indented lines, formulas and tables, stay as they are.

function title(name, number, heading, about) {
    print ".TH " toupper(name) " " number " \"" date "\" \"clLRN " version "\" \"" heading "\""
    print ".nr HY 0\n.ad l"
    section("NAME")
    print escape(name) " \\- " about
}

function escape(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/\]\[/, "]\\:[", text) # where a long word may be broken
    sub(/^[.']/, "\\\\\\&&", text)
    return text
}

function bold(text) { return "\\fB" escape(text) "\\fP" }
function italic(text) { return "\\fI" escape(text) "\\fP" }

function section(name) {
    begin("")
    print ".SH " name
    inside = "heading"
}

function subsection(name) {
    begin("")
    print ".SS " name
    inside = "heading"
}

# What the lines from here on are: "text", "list" or "verbatim", "" between these.
function begin(kind) {
    if (kind == inside)
        return
    if (inside == "verbatim")
        print ".EE\n.in"
    if (kind == "text" && inside != "heading")
        print ".PP"
    if (kind == "verbatim")
        print ".sp\n.in 2n\n.EX" # room for 78 columns
    inside = kind
}

function item(term, meaning) {
    begin("list")
    print ".TP\n" term
    print meaning == "" ? "\\&" : escape(meaning)
}

# A line that begins no item.
function convert(line) {
    if (line == "") {
        if (inside == "text")
            begin("")
    } else if (line ~ /^      / && inside == "list") {
        sub(/^ +/, "", line)
        print escape(line)
    } else if (line ~ /^  /) {
        if (inside == "verbatim" && blank)
            print ""
        begin("verbatim")
        print escape(substr(line, 3))
    } else {
        begin("text")
        print escape(line)
    }
    blank = line == ""
}

# The lines of a help in help[1 .. the result].
function read_help(command,    count, line) {
    command = command " --help"
    while ((command | getline line) > 0)
        help[++count] = line
    if (close(command) != 0 || count == 0) {
        print "man page: " command " failed" >"/dev/stderr"
        exit 1
    }
    return count
}

# The usage, with which a help begins; returns the line below it.
function write_usage(    at) {
    print ".nf"
    for (at = 1; help[at] != ""; ++at)
        print escape(substr(help[at], 8)) # without "usage: "
    print ".fi"
    inside = ""
    return at
}

# A line that begins an item, as  "  --option VALUE  meaning"; a term may stand alone.
function write_item(line,    gap, meaning, value) {
    line = substr(line, 3)
    if (gap = match(line, /   */)) {
        meaning = substr(line, gap + RLENGTH)
        line = substr(line, 1, gap - 1)
    }
    if ((value = index(line, " ")) && line !~ / -/) # not "-h, --help"
        item(bold(substr(line, 1, value - 1)) " " italic(substr(line, value + 1)), meaning)
    else
        item(bold(line), meaning)
}

function write_line(line, item_form) {
    if (line ~ item_form)
        write_item(line)
    else
        convert(line)
}
