# SPDX-License-Identifier: Apache-2.0
# What src/cli/cllrn.1.awk and include/cllrn.3.awk share: plain text becomes the source of a man
# page. Text at the left margin becomes paragraphs, terms with their meanings become lists, and
# indented lines, formulas and tables, stay as they are.

function title(name, number, heading) {
    print ".TH " name " " number " \"" date "\" \"clLRN " version "\" \"" heading "\""
    print ".nr HY 0\n.ad l"
    section("NAME")
    print "cllrn \\- Local Response Normalization on any OpenCL device"
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
