# SPDX-License-Identifier: Apache-2.0
set(triple riscv64-linux-gnu)
set(emulator riscv64)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
