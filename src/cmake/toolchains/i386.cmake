# SPDX-License-Identifier: Apache-2.0
set(triple i686-linux-gnu)
set(emulator i386)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_FLAGS_INIT "-msse2 -mfpmath=sse") # floats are evaluated as floats
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
