/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX Runtime's C interface: its own header where CMake has been told of one, else abi.h. */
#ifndef CLLRN_ONNXRUNTIME_ORT_H
#define CLLRN_ONNXRUNTIME_ORT_H

#ifdef CLLRN_ONNXRUNTIME_HEADERS
#include <onnxruntime_c_api.h>
#else
#include "abi.h"
#endif

/* Versions of the interface: the provider needs ONNX Runtime 1.23, the operator 1.16. */
enum { ORT_PROVIDER_API = 23, ORT_OPERATOR_API = 16 };

/* ONNX Runtime keeps each function in its slot of the table for ever. */
#define ORT_SLOT(table, function, slot)                                                            \
    _Static_assert(offsetof(table, function) == (slot) * sizeof(void *), #function)
ORT_SLOT(OrtApi, CreateStatus, 0);
ORT_SLOT(OrtApi, CreateCustomOpDomain, 26);
ORT_SLOT(OrtApi, CustomOpDomain_Add, 27);
ORT_SLOT(OrtApi, AddCustomOpDomain, 28);
ORT_SLOT(OrtApi, GetTensorMutableData, 51);
ORT_SLOT(OrtApi, CastTypeInfoToTensorInfo, 55);
ORT_SLOT(OrtApi, GetTensorElementType, 60);
ORT_SLOT(OrtApi, GetDimensionsCount, 61);
ORT_SLOT(OrtApi, GetDimensions, 62);
ORT_SLOT(OrtApi, GetTensorTypeAndShape, 65);
ORT_SLOT(OrtApi, KernelInfoGetAttribute_float, 85);
ORT_SLOT(OrtApi, KernelInfoGetAttribute_int64, 86);
ORT_SLOT(OrtApi, KernelInfoGetAttribute_string, 87);
ORT_SLOT(OrtApi, KernelContext_GetInput, 90);
ORT_SLOT(OrtApi, KernelContext_GetOutput, 91);
ORT_SLOT(OrtApi, ReleaseStatus, 93);
ORT_SLOT(OrtApi, ReleaseTensorTypeAndShapeInfo, 99);
ORT_SLOT(OrtApi, ReleaseCustomOpDomain, 101);
ORT_SLOT(OrtApi, HasSessionConfigEntry, 237);
ORT_SLOT(OrtApi, GetSessionConfigEntry, 238);
ORT_SLOT(OrtApi, Logger_LogMessage, 247);
ORT_SLOT(OrtApi, ReadOpAttr, 272);
ORT_SLOT(OrtApi, GetValueInfoTypeInfo, 290);
ORT_SLOT(OrtApi, HardwareDevice_Type, 307);
ORT_SLOT(OrtApi, GetEpApi, 317);
ORT_SLOT(OrtApi, Graph_GetNumNodes, 344);
ORT_SLOT(OrtApi, Graph_GetNodes, 345);
ORT_SLOT(OrtApi, Node_GetName, 349);
ORT_SLOT(OrtApi, Node_GetOperatorType, 350);
ORT_SLOT(OrtApi, Node_GetDomain, 351);
ORT_SLOT(OrtApi, Node_GetNumInputs, 353);
ORT_SLOT(OrtApi, Node_GetInputs, 354);
ORT_SLOT(OrtApi, Node_GetAttributeByName, 361);
ORT_SLOT(OrtEpApi, CreateEpDevice, 0);
ORT_SLOT(OrtEpApi, ReleaseEpDevice, 1);
ORT_SLOT(OrtEpApi, EpGraphSupportInfo_AddNodesToFuse, 2);
ORT_SLOT(OrtNodeComputeInfo, ReleaseState, 3);
ORT_SLOT(OrtEp, ReleaseNodeComputeInfos, 4);
ORT_SLOT(OrtEpFactory, ReleaseEp, 5);
ORT_SLOT(OrtEpFactory, CreateSyncStreamForDevice, 13);
ORT_SLOT(OrtCustomOp, KernelDestroy, 9);
ORT_SLOT(OrtCustomOp, KernelComputeV2, 18);
#undef ORT_SLOT

#endif
