# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C header with the table lrn_embedded of the files INPUTS: the
# name, a #line directive and the text of each.
#   cmake -DOUTPUT=... "-DINPUTS=a;b" -P embed_kernels.cmake
# Arrays of numbers rather than string literals: C99 compilers need not take
# literals above 4095 characters.
set(arrays "")
set(table "")
foreach(input IN LISTS INPUTS)
  get_filename_component(name "${input}" NAME)
  string(MAKE_C_IDENTIFIER "lrn_embedded_${name}" symbol)
  file(READ "${input}" text)
  # The files of a program follow one another in one text.
  string(REGEX REPLACE "#include \"[^\n]*" "" text "${text}")
  string(HEX "${text}" bytes)
  string(REGEX REPLACE "(................................)" "\\1\n    " bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const char ${symbol}[] = {\n    ${bytes}0x00};\n\n")
  string(APPEND table "    {\"${name}\", \"#line 1 \\\"cl/${name}\\\"\\n\", ${symbol}},\n")
endforeach()
set(text "/* Made from cl/ by embed_kernels.cmake; do not edit. */\n\n${arrays}")
string(APPEND text "static const struct {\n    const char *name, *line, *text;\n} lrn_embedded[] = {\n${table}};\n")
file(WRITE "${OUTPUT}" "${text}")
