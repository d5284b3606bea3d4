# SPDX-License-Identifier: Apache-2.0
set(triple s390x-linux-gnu)
set(emulator s390x)
set(CMAKE_SYSTEM_PROCESSOR s390x)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
