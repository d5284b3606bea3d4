# SPDX-License-Identifier: Apache-2.0
# cllrn_hardening: what makes a mistake in the library or the command harder to use
# for an attack, as far as compiler and linker have it.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

add_library(cllrn_hardening INTERFACE)
check_c_compiler_flag(-fstack-protector-strong CLLRN_HAS_STACK_PROTECTOR)
if(CLLRN_HAS_STACK_PROTECTOR)
  target_compile_options(cllrn_hardening INTERFACE -fstack-protector-strong)
endif()
# It needs an optimizer, says nothing that sanitizers do not, and a packager may know better.
if(NOT CMAKE_C_FLAGS MATCHES "_FORTIFY_SOURCE|-fsanitize")
  target_compile_options(cllrn_hardening INTERFACE
    $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
endif()
foreach(word relro now noexecstack)
  check_linker_flag(C -Wl,-z,${word} CLLRN_HAS_Z_${word})
  if(CLLRN_HAS_Z_${word})
    target_link_options(cllrn_hardening INTERFACE -Wl,-z,${word})
  endif()
endforeach()
