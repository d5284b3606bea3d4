# SPDX-License-Identifier: Apache-2.0
# The target docs: the public headers as HTML in BUILD/docs/html, by Doxygen. Whatever Doxygen
# warns of is an error: a declaration without a comment, a comment that it cannot read.
find_package(Doxygen QUIET)
if(NOT DOXYGEN_FOUND)
  return()
endif()

set(DOXYGEN_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/docs)
set(DOXYGEN_PROJECT_NAME clLRN)
set(DOXYGEN_OPTIMIZE_OUTPUT_FOR_C YES)
set(DOXYGEN_TYPEDEF_HIDES_STRUCT YES)
# The comments are plain text: the first sentence is the brief description, and parameters are
# explained in sentences.
set(DOXYGEN_JAVADOC_AUTOBRIEF YES)
set(DOXYGEN_WARN_IF_INCOMPLETE_DOC NO)
set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)
# In the order of the headers, which is made for reading.
set(DOXYGEN_SORT_MEMBER_DOCS NO)
set(DOXYGEN_STRIP_FROM_PATH ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
set(DOXYGEN_MACRO_EXPANSION YES)
set(DOXYGEN_EXPAND_ONLY_PREDEF YES)
set(DOXYGEN_PREDEFINED CLLRN_API=)
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_QUIET YES)
set(headers cllrn.h cllrn_types.h cllrn_verify.h)
list(TRANSFORM headers PREPEND ${PROJECT_SOURCE_DIR}/include/)
doxygen_add_docs(docs ${headers} ${PROJECT_BINARY_DIR}/include/cllrn_version.h
  COMMENT "Rendering the headers as HTML")
