# SPDX-License-Identifier: Apache-2.0
"""pyopencl's arrays: their queue, their memory, events; with pyopencl's own OpenCL loader, which
its wheel has, or the system's."""

import gc
import os

import cllrn
import numpy as np
import pytest

cl = pytest.importorskip("pyopencl")
cl_array = pytest.importorskip("pyopencl.array")
pytest.importorskip("pyopencl.tools")

SHAPE = (2, 6, 3, 5)
X = (2 * np.random.default_rng(15).standard_normal(SHAPE)).astype("f4")
DY = X[::-1].copy()
Y = cllrn.lrn(X, alpha=1.0, device="host")
DX = cllrn.lrn_backward(X, DY, alpha=1.0, device="host")
OUT_OF_ORDER = cl.command_queue_properties.OUT_OF_ORDER_EXEC_MODE_ENABLE


def find_device():
    name = os.environ.get("CLLRN_DEVICE", "")
    for platform in cl.get_platforms():
        for device in platform.get_devices():
            if name in platform.name or name in device.name:
                return device
    pytest.skip(f"pyopencl finds no device {name!r}")


@pytest.fixture(scope="module")
def context():
    return cl.Context([find_device()])


@pytest.fixture(params=[0, OUT_OF_ORDER], ids=["in order", "out of order"])
def queue(request, context):
    return cl.CommandQueue(context, properties=request.param)


def test_lrn__arrays_SUCCESS(queue):
    x, dy = cl_array.to_device(queue, X), cl_array.to_device(queue, DY)

    y = cllrn.lrn(x, alpha=1.0)
    dx = cllrn.lrn_backward(x, dy, alpha=1.0)

    for result, expected in (y, Y), (dx, DX):
        assert type(result) is cl_array.Array and result.queue == queue
        assert len(result.events) == 1
        assert (result.get() == expected).all()


def test_lrn__out_SUCCESS(queue):
    x, out = cl_array.to_device(queue, X), cl_array.zeros(queue, SHAPE, "f4")

    assert cllrn.lrn(x, alpha=1.0, out=out) is out
    assert (out.get() == Y).all()
    cllrn.lrn(x, alpha=1.0, out=x)
    assert (x.get() == Y).all()


def test_lrn__events_of_arrays_are_waited_for_SUCCESS(context):
    queue = cl.CommandQueue(context, properties=OUT_OF_ORDER)
    x, out = cl_array.to_device(queue, X), cl_array.empty(queue, SHAPE, "f4")
    gate = cl.UserEvent(context)
    x.add_event(gate)

    y = cllrn.lrn(x, alpha=1.0, out=out)

    assert y.events[-1].command_execution_status != cl.command_execution_status.COMPLETE
    gate.set_status(cl.command_execution_status.COMPLETE)
    assert (y.get() == Y).all()


def test_lrn__wait_for_SUCCESS(context):
    queue = cl.CommandQueue(context, properties=OUT_OF_ORDER)
    x = cl_array.to_device(queue, X)
    gates = [cl.UserEvent(context) for _ in range(3)]

    y = cllrn.lrn(x, alpha=1.0, wait_for=[gates[0], gates[1].int_ptr, gates[2]])

    assert y.events[-1].command_execution_status != cl.command_execution_status.COMPLETE
    for gate in gates:
        gate.set_status(cl.command_execution_status.COMPLETE)
    assert (y.get() == Y).all()


def test_lrn__freed_while_in_use_SUCCESS(context):
    queue = cl.CommandQueue(context, properties=OUT_OF_ORDER)
    gate = cl.UserEvent(context)
    expected = cllrn.lrn(np.full((1, 8, 1 << 16), 2, "f4"), alpha=1.0, device="host")

    y = cllrn.lrn(cl_array.zeros(queue, (1, 8, 1 << 16), "f4") + 2, alpha=1.0, wait_for=[gate])
    gc.collect()
    others = [cl_array.zeros(queue, (1, 8, 1 << 16), "f4") - 1 for _ in range(8)]
    gate.set_status(cl.command_execution_status.COMPLETE)

    assert (y.get() == expected).all()
    assert all((other.get() == -1).all() for other in others)


VIEWS = {
    "offset": lambda x: x[1:],
    "gaps": lambda x: x[:, :, ::2],
    "channels last": lambda x: x.transpose((0, 2, 3, 1)),
    "broadcast": lambda x: cl_array.Array(x.queue, x.shape, x.dtype, data=x.base_data,
                                          strides=(0, *x.strides[1:])),
}


@pytest.mark.parametrize("view", VIEWS)
def test_lrn__views_SUCCESS(view, queue):
    x = VIEWS[view](cl_array.to_device(queue, X))

    y = cllrn.lrn(x, alpha=1.0)

    expected = {"offset": X[1:], "gaps": X[:, :, ::2], "channels last": X.transpose(0, 2, 3, 1),
                "broadcast": np.broadcast_to(X[:1], SHAPE)}[view]
    assert (y.get() == cllrn.lrn(expected.copy(), alpha=1.0, device="host")).all()


@pytest.mark.parametrize("dtype", ["f2", "f8", "bfloat16"])
def test_lrn__dtypes_SUCCESS(dtype, queue):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x = X.astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)

    y = cllrn.lrn(cl_array.to_device(queue, x), alpha=1.0)

    assert y.get().tobytes() == cllrn.lrn(x, alpha=1.0, device="host").tobytes()


def test_lrn__empty_SUCCESS(queue):
    y = cllrn.lrn(cl_array.zeros(queue, (0, 3, 2), "f4"))

    assert y.shape == (0, 3, 2) and y.get().size == 0


def test_lrn__memory_pool_SUCCESS(queue):
    pool = cl.tools.MemoryPool(cl.tools.ImmediateAllocator(queue))
    x = cl_array.to_device(queue, X, allocator=pool)

    y = cllrn.lrn(x, alpha=1.0)

    assert y.allocator is pool and (y.get() == Y).all()


@pytest.mark.filterwarnings("ignore:Array has different queue")
@pytest.mark.parametrize("bound", [True, False], ids=["freed in the queue", "freed at once"])
def test_lrn__svm_SUCCESS(bound, context):
    if not hasattr(cl.tools, "SVMAllocator"):
        pytest.skip("pyopencl before 2022.2 has no allocator of SVM")
    queue = cl.CommandQueue(context)
    if not queue.device.svm_capabilities & cl.device_svm_capabilities.COARSE_GRAIN_BUFFER:
        pytest.skip("the device has no SVM")
    allocator = cl.tools.SVMAllocator(context, alignment=0,
                                      queue=queue if bound else None)
    x = cl_array.to_device(queue, X, allocator=allocator)

    y = cllrn.lrn(x, alpha=1.0)

    assert hasattr(y.base_data, "svm_ptr")
    assert not y.events  # complete, since SVM may be freed before a command that uses it ends
    assert (y.get() == Y).all()


def test_lrn__host_arrays_in_a_queue_SUCCESS(queue):
    assert (cllrn.lrn(X, alpha=1.0, queue=queue) == Y).all()
    assert (cllrn.lrn(X, alpha=1.0, queue=queue.int_ptr) == Y).all()


def test_lrn__host_and_device_memory_mixed_SUCCESS(queue):
    out = np.zeros_like(X)

    cllrn.lrn(cl_array.to_device(queue, X), alpha=1.0, out=out)

    assert (out == Y).all()
    dx = cllrn.lrn_backward(cl_array.to_device(queue, X), DY, alpha=1.0)
    assert (dx.get() == DX).all()


def test_lrn__dlpack_of_opencl_SUCCESS(queue):
    from test_dlpack import Producer

    x, y = cl_array.to_device(queue, X), cl_array.zeros(queue, SHAPE, "f4")
    queue.finish()

    class Buffer(Producer):
        def __dlpack__(self, **options):
            capsule = super().__dlpack__(**options)
            (managed, *_), = self.live.values()
            managed.dl_tensor.data = self.buffer.int_ptr
            return capsule

    source, destination = Buffer(X, device=4), Buffer(X, device=4)
    source.buffer, destination.buffer = x.base_data, y.base_data

    assert cllrn.lrn(source, alpha=1.0, out=destination) is destination
    assert (y.get() == Y).all()
    cllrn.lrn(source, alpha=1.0, out=destination, queue=queue)
    with pytest.raises(cllrn.UnsupportedError, match="out="):
        cllrn.lrn(source)
    assert not source.live and source.deleted == 3


def test_lrn__array_without_queue_INVALID_QUEUE(queue):
    x = cl_array.to_device(queue, X).with_queue(None)

    with pytest.raises(cllrn.InvalidError, match="with_queue"):
        cllrn.lrn(x, out=x)
    out = cl_array.empty(queue, SHAPE, "f4")
    assert (cllrn.lrn(x, alpha=1.0, out=out, queue=queue).get() == Y).all()


def test_lrn__device_and_array_INVALID_ARGUMENT(queue):
    with pytest.raises(cllrn.InvalidError, match="device"):
        cllrn.lrn(cl_array.to_device(queue, X), device="host")


def test_lrn__other_dtype_INVALID_DTYPE(queue):
    with pytest.raises(cllrn.InvalidError, match="astype"):
        cllrn.lrn(cl_array.zeros(queue, SHAPE, "i4"))


def test_lrn__read_only_buffer_INVALID_BUFFER(queue):
    buffer = cl.Buffer(queue.context, cl.mem_flags.READ_ONLY, X.nbytes)
    out = cl_array.Array(queue, SHAPE, "f4", data=buffer)

    with pytest.raises(cllrn.InvalidError):
        cllrn.lrn(cl_array.to_device(queue, X), out=out)


def test_lrn__other_context_CONTEXT_MISMATCH(queue):
    other = cl.CommandQueue(cl.Context([queue.device]))

    with pytest.raises(cllrn.InvalidError) as caught:
        cllrn.lrn(cl_array.to_device(queue, X), out=cl_array.empty(other, SHAPE, "f4"))
    assert caught.value.status_name == "CLLRN_CONTEXT_MISMATCH"


def test_lrn__references_SUCCESS(context):
    """No object of OpenCL stays: each has a reference to its context, or to its queue."""
    queue = cl.CommandQueue(context)
    x, dy, out = (cl_array.to_device(queue, a) for a in (X, DY, X))

    def use():
        for _ in range(20):
            cllrn.lrn(x, alpha=1.0)
            cllrn.lrn_backward(x, dy, out=out)
            cllrn.lrn(X, alpha=1.0, queue=queue)
            with pytest.raises(cllrn.InvalidError):
                cllrn.lrn(x, 0)
            out.events.clear()
        queue.finish()
        gc.collect()
        return (context.reference_count, queue.reference_count, x.base_data.reference_count,
                out.base_data.reference_count)

    use()
    before = use()
    assert use() == before


def test_engine__many_contexts_are_released_SUCCESS():
    device = find_device()
    contexts = [cl.Context([device]) for _ in range(10)]
    for context in contexts:
        queue = cl.CommandQueue(context)
        assert (cllrn.lrn(X, alpha=1.0, queue=queue) == Y).all()
        queue.finish()
    del queue
    gc.collect()

    assert contexts[0].reference_count == 1 and contexts[1].reference_count == 1
