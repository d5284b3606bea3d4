# SPDX-License-Identifier: Apache-2.0
set(triple i686-linux-gnu)
set(emulator i386)
set(CMAKE_SYSTEM_PROCESSOR i686)
# Floats are evaluated as floats. Callers may align the stack to 4 bytes only, and gcc 12 does so
# itself behind functions that return structs.
set(CMAKE_C_FLAGS_INIT "-msse2 -mfpmath=sse -mstackrealign")
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
# An x86-64 kernel runs it as it is, ten times faster.
if(CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL "x86_64")
  set(CMAKE_CROSSCOMPILING_EMULATOR /usr/${triple}/lib/ld-linux.so.2 --library-path /usr/${triple}/lib)
endif()
