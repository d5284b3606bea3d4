# SPDX-License-Identifier: Apache-2.0
# Debian packages, and an archive of all: `cpack` in the build directory of the preset `package`.
# Who makes them is their maintainer: -DCPACK_PACKAGE_CONTACT="NAME <ADDRESS>".
if(NOT CPACK_PACKAGE_CONTACT)
  message(FATAL_ERROR "Packages need a maintainer: -DCPACK_PACKAGE_CONTACT=\"NAME <ADDRESS>\"")
endif()
set(soversion ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(packages libcllrn${soversion} libcllrn-dev cllrn python3-cllrn)
set(components library development command python)

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME cllrn)
set(CPACK_PACKAGE_VENDOR "The clLRN authors")
set(CPACK_PACKAGE_CHECKSUM SHA256)
set(CPACK_STRIP_FILES ON)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_COMPONENTS_ALL ${components})
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENT_DEVELOPMENT_DEPENDS library)
set(CPACK_COMPONENT_PYTHON_DEPENDS library command)

set(CPACK_DEBIAN_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE cllrn)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
string(CONCAT text "clLRN computes LRN forward and backward, for any window, layout and\n"
  "type, with the same bits on every OpenCL device.\n\n")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "${text}This package has the shared library.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/src/cmake/debian/triggers)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
  "${text}This package has the headers, static libraries and cllrn(3), the manual.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "opencl-c-headers, ocl-icd-opencl-dev | opencl-dev")
set(CPACK_COMPONENT_COMMAND_DESCRIPTION
  "${text}This package has the command, for tensor files and to qualify devices.")
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION science)
set(CPACK_COMPONENT_PYTHON_DESCRIPTION
  "${text}This package is for arrays of NumPy, PyTorch and pyopencl.")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3 (>= 3.9), python3:any")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS "python3-numpy, python3-torch, python3-pyopencl")
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/src/cmake/debian/postinst
  ${PROJECT_SOURCE_DIR}/src/cmake/debian/prerm)

string(TIMESTAMP CLLRN_PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(src/cmake/debian/changelog.in changelog @ONLY)
execute_process(COMMAND ${CLLRN_GZIP} -9nc ${PROJECT_BINARY_DIR}/changelog
  OUTPUT_FILE ${PROJECT_BINARY_DIR}/changelog.Debian.gz COMMAND_ERROR_IS_FATAL ANY)
foreach(component package IN ZIP_LISTS components packages)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
  set(docs ${CMAKE_INSTALL_DATADIR}/doc/${package})
  install(FILES src/cmake/debian/copyright DESTINATION ${docs} COMPONENT ${component}
    EXCLUDE_FROM_ALL)
  install(FILES ${PROJECT_BINARY_DIR}/changelog.Debian.gz ${PROJECT_BINARY_DIR}/cllrn.spdx.json
    DESTINATION ${docs} COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

# The Python package finds the library and the command beside its modules.
set(python_dir lib/python3/dist-packages/cllrn)
file(RELATIVE_PATH library /${python_dir} /${CMAKE_INSTALL_LIBDIR}/libcllrn.so.${soversion})
file(RELATIVE_PATH command /${python_dir} /${CMAKE_INSTALL_BINDIR}/cllrn)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/python)
file(CREATE_LINK ${library} ${PROJECT_BINARY_DIR}/python/libcllrn.so SYMBOLIC)
file(CREATE_LINK ${command} ${PROJECT_BINARY_DIR}/python/cllrn SYMBOLIC)
install(DIRECTORY src/adapters/python/cllrn/ DESTINATION ${python_dir} COMPONENT python
  EXCLUDE_FROM_ALL FILES_MATCHING PATTERN *.py PATTERN py.typed)
install(FILES ${PROJECT_BINARY_DIR}/python/libcllrn.so ${PROJECT_BINARY_DIR}/python/cllrn
  DESTINATION ${python_dir} COMPONENT python EXCLUDE_FROM_ALL)

include(CPack)
