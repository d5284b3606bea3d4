# SPDX-License-Identifier: Apache-2.0
# What is installed for readers: man pages, completion, the licence and an SPDX document.
string(TIMESTAMP date "%Y-%m-%d" UTC) # of $SOURCE_DATE_EPOCH, where that is set
find_program(CLLRN_AWK awk)
find_program(CLLRN_GZIP gzip)
mark_as_advanced(CLLRN_AWK CLLRN_GZIP)

# The page NAME.SECTION of a component; the rest are awk's arguments and what the page is made of.
function(cllrn_man_page name section component)
  cmake_parse_arguments(page "" "" "ARGUMENTS;DEPENDS" ${ARGN})
  set(file ${name}.${section})
  set(shared ${PROJECT_SOURCE_DIR}/src/cmake/man.awk)
  add_custom_command(OUTPUT ${file}.gz BYPRODUCTS ${file}
    COMMAND ${CLLRN_AWK} -v version=${PROJECT_VERSION} -v date=${date} -f ${shared}
      ${page_ARGUMENTS} > ${file}
    COMMAND ${CLLRN_GZIP} -9nc ${file} > ${file}.gz
    DEPENDS ${shared} ${page_DEPENDS} COMMENT "Writing ${file}" VERBATIM)
  set_property(TARGET cllrn_man APPEND PROPERTY SOURCES ${CMAKE_CURRENT_BINARY_DIR}/${file}.gz)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${file}.gz
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT ${component})
endfunction()

if(CLLRN_AWK AND CLLRN_GZIP)
  add_custom_target(cllrn_man ALL)
  set(script ${PROJECT_SOURCE_DIR}/include/cllrn.3.awk)
  set(headers ${PROJECT_SOURCE_DIR}/include/cllrn.h ${PROJECT_SOURCE_DIR}/include/cllrn_types.h
    ${PROJECT_SOURCE_DIR}/include/cllrn_verify.h)
  cllrn_man_page(cllrn 3 development ARGUMENTS -f ${script} ${headers} DEPENDS ${script} ${headers})
  if(TARGET cllrn_command AND NOT CMAKE_CROSSCOMPILING) # it is asked for its help
    set(script ${PROJECT_SOURCE_DIR}/src/cli/cllrn.1.awk)
    cllrn_man_page(cllrn 1 command ARGUMENTS -v "cllrn='$<TARGET_FILE:cllrn_command>'" -f ${script}
      DEPENDS ${script} cllrn_command)
    find_program(CLLRN_PYTHON python3)
    mark_as_advanced(CLLRN_PYTHON)
    if(CLLRN_PYTHON)
      set(script ${PROJECT_SOURCE_DIR}/tests/peers/cllrn-plot.1.awk)
      set(plot ${PROJECT_SOURCE_DIR}/tests/peers/cllrn_plot.py)
      cllrn_man_page(cllrn-plot 1 python ARGUMENTS
          -v "plot=COLUMNS=80 '${CLLRN_PYTHON}' -B '${plot}'" -f ${script}
        DEPENDS ${script} ${plot})
    endif()
  endif()
else()
  message(STATUS "No awk or gzip: the man pages are left out")
endif()

set(CLLRN_ZSH_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING
  "Where zsh finds completion functions")
if(TARGET cllrn_command)
  install(FILES src/cli/cllrn.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME cllrn COMPONENT command)
  install(FILES src/cli/_cllrn DESTINATION ${CLLRN_ZSH_DIR} COMPONENT command)
endif()

string(TIMESTAMP CLLRN_CREATED "%Y-%m-%dT%H:%M:%SZ" UTC)
string(UUID CLLRN_DOCUMENT NAMESPACE 00000000-0000-0000-0000-000000000000
  NAME "clLRN ${PROJECT_VERSION} ${CLLRN_CREATED}" TYPE SHA1)
configure_file(src/cmake/cllrn.spdx.json.in cllrn.spdx.json @ONLY)
install(FILES LICENSE ${PROJECT_BINARY_DIR}/cllrn.spdx.json DESTINATION ${CMAKE_INSTALL_DOCDIR}
  COMPONENT documents)
