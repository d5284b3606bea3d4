#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Serve OpenVINO: a model of one LRN node, its tensors bound once."""

import os

import numpy
import openvino
from openvino import opset13

import server


def prepare(problem, x):
    parameter = opset13.parameter(problem.dims, numpy.float32)
    lrn = opset13.lrn(parameter, numpy.array([1]), alpha=server.ALPHA, beta=problem.beta,
                      bias=server.K, size=problem.size)
    compiled = openvino.Core().compile_model(openvino.Model([lrn], [parameter]), "CPU", {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": os.cpu_count(),
        "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    request.get_input_tensor().data[:] = x
    return (lambda: request.infer(share_outputs=True),      # else it copies y
            lambda: request.get_output_tensor().data)


if __name__ == "__main__":
    server.serve("OpenVINO " + openvino.__version__.split("-")[0], prepare)
