# SPDX-License-Identifier: Apache-2.0
# What the toolchains beside this file share: Debian's cross compiler for `triple`
# (package gcc-TRIPLE), and qemu-user, which runs what it makes.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${triple}-gcc)
# Where libraries are looked for, beside any that -DCMAKE_FIND_ROOT_PATH=... names.
list(APPEND CMAKE_FIND_ROOT_PATH /usr/${triple})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${emulator}-static -L /usr/${triple})
