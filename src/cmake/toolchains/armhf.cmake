# SPDX-License-Identifier: Apache-2.0
set(triple arm-linux-gnueabihf)
set(emulator arm)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
