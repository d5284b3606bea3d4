# SPDX-License-Identifier: Apache-2.0
# Writes the man page cllrn(3): what the headers say, in the order of their text.
#   awk -v version=VERSION -v date=DATE -f src/cmake/man.awk -f cllrn.3.awk HEADER...
# A comment at the left margin stands below the declarations that follow it. The fields of a struct
# and the constants of an enumeration are a list with their comments.

# A line of a comment at the left margin; the terms of a list may be indented.
function write_comment_line(line,    gap) {
    if (line ~ /^    [A-Z][A-Z0-9_]*(, [A-Z0-9_]+)*(  |$)/)
        line = substr(line, 5)
    gap = match(line, /   */)
    if (gap > 1 && line ~ /^[A-Z][A-Z0-9_]*(, [A-Z0-9_]+)*  /) {
        item(bold(substr(line, 1, gap - 1)), substr(line, gap + RLENGTH))
    } else if (line ~ /^CLLRN_[A-Z0-9_]+(, CLLRN_[A-Z0-9_]+)*$/) {
        paragraph(bold(line))
    } else if (line ~ /^- /) {
        begin("list")
        print ".IP \\(bu 2\n" escape(substr(line, 3))
    } else if (line ~ /^  / && inside == "list") {
        sub(/^ +/, "", line)
        print escape(line)
    } else {
        convert(line)
    }
}

function paragraph(markup) {
    if (inside == "text")
        begin("")
    begin("text")
    print markup
    begin("")
}

# Text on one line, without comment signs.
function plain(text) {
    gsub(/\/\*+<?|\*\/|\\\n/, "", text)
    gsub(/\n *\*?/, " ", text)
    gsub(/  +/, " ", text)
    gsub(/^ | $/, "", text)
    return text
}

# The fields or constants between braces: a comment belongs to what it follows on the same line, or
# to what is below it.
function write_members(body,    lines, count, i, line, name, comment, ahead) {
    count = split(body, lines, "\n")
    for (i = 1; i <= count; ++i) {
        line = lines[i]
        while (line ~ /\/\*/ && line !~ /\*\//)
            line = line "\n" lines[++i]
        name = line
        sub(/ *\/\*.*/, "", name)
        comment = line ~ /\/\*/ ? plain(substr(line, index(line, "/*"))) : ""
        if (plain(name) != "") {
            item(bold(plain(name)), plain(ahead " " comment))
            ahead = ""
        } else {
            ahead = plain(ahead " " comment)
        }
    }
}

function write_declaration(text,    open, close_at) {
    sub(/^CLLRN_API /, "", text)
    open = index(text, "{")
    if (text ~ /^#define/) {
        sub(/[ \\\n]*\{.*/, "", text) # an initializer's values are no one's business
        paragraph(bold(plain(text)))
    } else if (open == 0 || text !~ /\n/) {
        paragraph(bold(plain(text)))
    } else {
        for (close_at = length(text); substr(text, close_at, 1) != "}"; --close_at)
            ;
        paragraph(bold(plain(substr(text, 1, open))))
        print ".RS"
        write_members(substr(text, open + 1, close_at - open - 1))
        print ".RE"
        paragraph(bold(substr(text, close_at)))
    }
}

# What a declaration declares.
function name_of(text) {
    if (text ~ /^(#|enum)/)
        return ""
    if (match(text, /cllrn_[a-z0-9_]+\(/))
        return substr(text, RSTART, RLENGTH - 1)
    if (match(text, /\(\*cllrn_[a-z0-9_]+\)/))
        return substr(text, RSTART + 2, RLENGTH - 3)
    if (text ~ /^typedef/ && match(text, /[a-z0-9_]+;$/))
        return substr(text, RSTART, RLENGTH - 1)
    return ""
}

# Writes the declarations since the last call, and the comment above them.
function flush(    i, names, name) {
    for (i = 1; i <= declarations; ++i)
        if ((name = name_of(declaration[i])) != "")
            names = names (names == "" ? "" : ", ") name
    if (names != "")
        subsection(names)
    for (i = 1; i <= declarations; ++i)
        write_declaration(declaration[i])
    for (i = 1; i <= comments; ++i)
        write_comment_line(comment[i])
    if (inside != "heading")
        begin("")
    declarations = comments = 0
}

BEGIN {
    title("cllrn", 3, "Library Functions", "Local Response Normalization on any OpenCL device")
    section("SYNOPSIS")
    print ".nf"
    print bold("#include <cllrn.h>")
    print bold("#include <cllrn_verify.h>")
    print ""
    print bold("cc ... $(pkg-config --cflags --libs cllrn)")
    print ".fi"
}

FNR == 1 {
    flush()
    name = FILENAME
    sub(/.*\//, "", name)
    section(toupper(name))
    next # the licence
}
/^\/\* -+ .* \*\/$/ {
    flush()
    gsub(/^\/\* -+ | \*\/$/, "")
    section(toupper($0))
    next
}
/^\/\* (The tables below|clang-format)/ || /^#(if|else|endif|include|undef)/ || /^#define [A-Z_]+$/ ||
    /^#define CLLRN_API/ || /^extern "C"/ || /^}$/ || (/^$/ && !in_comment) { next }

in_comment || /^\/\*/ {
    if (!in_comment)
        flush()
    in_comment = !/\*\//
    sub(/^ ?\/?\*+ ?/, "")
    sub(/^\/$| *\*\/$/, "")
    if (!/^@/ && ($0 != "" || comments > 0)) # but for Doxygen
        comment[++comments] = $0
    next
}
{
    text = text == "" ? $0 : text "\n" $0
    braces += gsub(/\{/, "{") - gsub(/\}/, "}")
    if (braces == 0 && (text ~ /^#/ ? !/\\$/ : /;( *\/\*.*\*\/)?$/)) {
        declaration[++declarations] = text
        text = ""
    }
}

END {
    flush()
    section("SEE ALSO")
    print ".BR cllrn (1)"
}
