# SPDX-License-Identifier: Apache-2.0
# cllrn_one_object(VARIABLE NAME LIBRARY...): sets VARIABLE to the object file NAME, made
# of the object libraries, with all symbols local but cllrn_*, so that no other name of
# ours meets one of a program that a static library is linked into. Where no tool makes
# such a file VARIABLE is set to the objects as they are.
function(cllrn_one_object variable name)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
  set(${variable} ${objects} PARENT_SCOPE)
  if(NOT CMAKE_OBJCOPY OR APPLE OR NOT CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
    message(STATUS "No objcopy: internal names stay visible in the static library")
    return()
  endif()
  # An optimizer at link time would have objects that no other tool can read.
  foreach(library ${ARGN})
    target_compile_options(${library} PRIVATE -fno-lto)
    set_target_properties(${library} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  endforeach()
  # Of the user's flags those that say for which machine.
  separate_arguments(flags NATIVE_COMMAND "${CMAKE_C_FLAGS} ${CMAKE_EXE_LINKER_FLAGS}")
  list(FILTER flags INCLUDE REGEX "^(-m|-B|-fuse-ld=|--target=|--sysroot=|--gcc-toolchain=)")
  if(CMAKE_C_COMPILER_TARGET)
    list(APPEND flags --target=${CMAKE_C_COMPILER_TARGET})
  endif()
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}${CMAKE_C_OUTPUT_EXTENSION})
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_C_COMPILER} ${flags} -nostdlib -r -o ${object} ${objects}
    COMMAND ${CMAKE_OBJCOPY} --wildcard "--keep-global-symbol=cllrn_*" ${object}
    DEPENDS ${ARGN} ${objects}
    COMMENT "Making internal names local" VERBATIM COMMAND_EXPAND_LISTS)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  set(${variable} ${object} PARENT_SCOPE)
endfunction()
