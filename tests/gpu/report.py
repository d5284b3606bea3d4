# SPDX-License-Identifier: Apache-2.0
"""What ci/gpu.sh writes.

results.json is one object:

    schema    "cllrn-gpu-1"; a change of meaning changes the number
    date      UTC; seconds that all took; limit: the seconds it had
    machine   processor, system
    library   what `cllrn --version` printed, or null; build: where from, "carried" or "built"
    steps     array: name, verdict "done", "failed", "cut" (by its time limit) or "skipped",
              message, seconds, limit
    device    of OpenCL, as `cllrn devices --json` tells it, or null; driver: its library
    verify    array of the reports of `cllrn verify` ("cllrn-verify-1") of the lists that ended
    bench     array of the reports of `cllrn bench` ("cllrn-bench-1")
    host      of host.py, kernels: of kernels.py, torch, cudnn: of torch_peer.py and cudnn_peer.py;
              each null where there is none. Their forms are told at the top of these files.
    problems  array, a row of the table each: problem, shape, layout, dtype, direction, in_place,
              bytes to be moved; opencl, ptx: ms, of_copy, gb_per_s, bits; torch, cudnn: ms, times
              clLRN's, error; each null where there is none. failed tells why in its place.

Milliseconds are medians by the device's own clock, opencl's by the host's where the device has none
(clock "host"). of_copy is the rate as a part of that of the fastest copy of as many bytes, measured
in turns with it. Members may be added; those there are keep their meaning.

table.md is what is printed; digests.txt has every digest, a line each.
"""

import json
import os


def write_json(path, value):
    """Whole or not at all."""
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.write("\n")
    os.replace(path + ".part", path)


def read_json(path):
    """None where there is none, or it is damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


# --------------------------------------------------------------------- rows


def _bench_row(problem, reports):
    for report in reports:
        for row in report["results"]:
            if (row["shape"], row["layout"], row["dtype"], row["direction"], row["in_place"]) == (
                    problem.shape_text, problem.layout, problem.dtype, problem.direction,
                    problem.in_place):
                return row, report["copies"]
    return None, None


def _opencl(problem, reports, host):
    row, copies = _bench_row(problem, reports)
    bits = host and host["results"].get(problem.images.name, {}).get("device")
    if row is None:
        nothing = dict.fromkeys(("ms", "clock", "variant", "of_copy", "gb_per_s"))
        return nothing | {"bits": bits} if bits else None
    limits = [copy for copy in copies if copy["shape"] == row["shape"]
              and 0 <= copy["bytes"] - row["bytes"] < 128]
    clock = "device" if row["kernel_ms"] and all(c["kernel_ms"] for c in limits) else "host"
    key = "kernel_ms" if clock == "device" else "median_ms"
    return {"ms": row[key], "clock": clock, "variant": row["variant"],
            "of_copy": min(c[key] for c in limits) / row[key] if limits else None,
            "gb_per_s": row["bytes"] / row[key] / 1e6, "bits": bits}


def _ptx(problem, kernels):
    row = kernels and kernels["problems"].get(problem.name)
    if not row or "failed" in row:
        return row or None
    return {"ms": row["median_ms"], "of_copy": row["of_copy"], "gb_per_s": row["gb_per_s"],
            "bits": row["bits"], "variant": row["variant"], "module": row["module"]}


def _peer(problem, report, own):
    row = report and report["problems"].get(problem.name)
    if not row or "failed" in row:
        return row or None
    return {"ms": row["median_ms"], "times": row["median_ms"] / own if own else None,
            "error": row["error"]}


def rows(asked, bench, host, kernels, torch, cudnn):
    """What is known of each problem."""
    found = []
    for problem in asked:
        opencl, ptx = _opencl(problem, bench, host), _ptx(problem, kernels)
        own = next((one["ms"] for one in (opencl, ptx) if one and one.get("ms")), None)
        found.append({"problem": problem.name, "shape": problem.shape_text,
                      "layout": problem.layout, "dtype": problem.dtype,
                      "direction": problem.direction, "in_place": problem.in_place,
                      "bytes": problem.moved_bytes, "opencl": opencl, "ptx": ptx,
                      "torch": _peer(problem, torch, own), "cudnn": _peer(problem, cudnn, own)})
    return found


# -------------------------------------------------------------------- table


def _cell(part):
    """Text for a table: none of what Markdown would take for its own."""
    return str(part).replace("|", "/").replace("\n", " ")


def _own_cells(part, absent):
    if part is None:
        return [absent, "-", "-"]
    if "failed" in part:
        return ["failed", "-", part["failed"][:60]]
    told = absent if part["ms"] is None else f"{part['ms']:.4f}"
    of_copy = "-" if part["of_copy"] is None else f"{part['of_copy']:.2f}"
    return [told, of_copy, part["bits"] or "-"]


def _peer_cells(part, absent):
    if part is None:
        return [absent, "-"]
    if "failed" in part:
        return ["failed", part["failed"][:60]]
    times = "" if part["times"] is None else f" ({part['times']:.1f}x)"
    error = part["error"]
    told = format(error, ".1e") if isinstance(error, float) else error or "-"
    return [f"{part['ms']:.4f}{times}", told]


def _absent(steps, *names):
    """Why there is nothing of a step: of the last that these names begin."""
    for name in names:
        for step in reversed(steps):
            if step.name.startswith(name) and not step.done:
                return step.message.split(":")[0] if step.verdict == "skipped" else step.verdict
    return "-"


HEAD = ["problem", "clLRN OpenCL ms", "of copy", "bits", "clLRN PTX ms", "of copy", "bits",
        "PyTorch ms", "error", "cuDNN ms", "error"]


def table(results, steps):
    """Facts, a line a step, and the table."""
    device = results["device"]
    lines = [f"clLRN on a GPU, {results['date']}, {results['seconds']:.0f} s: "
             f"{results['library'] or 'cllrn does not run here'}"]
    if device:
        lines.append(f"OpenCL: {device['name']}, {device['platform']}, driver "
                     f"{device['driver_version']}, {results['driver']}")
    kernels = results["kernels"]
    if kernels:
        facts = kernels["device"]
        meant = kernels["units_meant"]
        lines.append(f"CUDA: {facts['name']}, {facts['architecture']}, {facts['units']} units, "
                     f"CUDA {facts['cuda']}; launches are for {meant} units")
    lines += [f"{key}: {results[key]['version']}" for key in ("torch", "cudnn") if results[key]]
    lines.append("")
    width = max([len(step.name) for step in steps], default=0)
    lines += [f"    {step.name:{width}} {step.verdict:7} {step.seconds:6.1f} s  {step.message}"
              for step in steps]
    lines += ["", "| " + " | ".join(HEAD) + " |", "| --- " * len(HEAD) + "|"]
    absent = {key: _absent(steps, key, *before) for key, before in (
        ("bench", ["devices"]), ("kernels", []), ("torch", []), ("cudnn", []))}
    for row in results["problems"]:
        peers = [["-", "-"]] * 2 if row["in_place"] else [
            _peer_cells(row["torch"], absent["torch"]), _peer_cells(row["cudnn"], absent["cudnn"])]
        cells = [row["problem"], *_own_cells(row["opencl"], absent["bench"]),
                 *_own_cells(row["ptx"], absent["kernels"]), *peers[0], *peers[1]]
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join(lines) + "\n"


def digests(results):
    """Every digest, a line each."""
    lines = []
    for report in results["verify"]:
        for row in report["digests"]:
            lines.append(f"verify {row['list']} {row['types']}: {row['digest']}, expected "
                         f"{row['expected']}")
    for name, row in ((results["host"] or {}).get("results") or {}).items():
        lines.append(f"host {name}: {row['sha256']}, the device {row['device'] or 'was not asked'}")
    for name, row in ((results["kernels"] or {}).get("problems") or {}).items():
        if "sha256" in row:
            lines.append(f"ptx {name}: {row['sha256']}, {row['bits']}")
    return "".join(line + "\n" for line in lines)


def write(directory, results, steps, asked):
    """The files; returns the table."""
    results["steps"] = [step._asdict() for step in steps]
    results["problems"] = rows(asked, results["bench"], results["host"], results["kernels"],
                               results["torch"], results["cudnn"])
    text = table(results, steps)
    write_json(os.path.join(directory, "results.json"), results)
    for name, content in (("table.md", text), ("digests.txt", digests(results))):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(content)
    return text
