"""A session of ONNX Runtime, with the threads and the device that this server may use."""

from pathlib import Path
from typing import Any

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats import processors
from platformctl_predictors.inputs.columns import Array, BadInput

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"

_NOTHING_BUT_FATAL = 4
"""An error is raised as well, and told by whoever catches it."""


def open_session(path: Path, gpu: int, threads: int | None = None) -> Any:  # onnxruntime ships no types
    """Load an ONNX file.

    Args:
        path: The file.
        gpu: How many GPUs were requested; CUDA is used if it is any.
        threads: Of one call; None: the CPUs that the cgroup grants.

    Raises:
        Exit: 65, the file is corrupt; 66, onnxruntime is missing, or cannot use a GPU and one is requested.
    """
    runtime = _runtime()
    if gpu and CUDA not in runtime.get_available_providers():
        raise _no_gpu(f"ONNX Runtime here has {_listed(runtime.get_available_providers())}, not {CUDA}")
    try:
        session = runtime.InferenceSession(
            str(path),
            _options(runtime, threads or processors.here()),
            providers=[CUDA, CPU] if gpu else [CPU],
        )
    except Exception as error:  # its errors have no base but Exception
        raise Exit(
            Code.MODEL,
            f"{path} cannot be loaded: {type(error).__name__}: {_first_line(error)}",
            "the file is damaged, of a newer ONNX than this onnxruntime, or needs operators that it has "
            "not: export it again, or install a newer onnxruntime",
        ) from error
    if gpu and session.get_providers()[:1] != [CUDA]:  # it falls back without a word
        raise _no_gpu(f"{CUDA} did not start; the session has {_listed(session.get_providers())}")
    return session


def run(session: Any, outputs: list[str] | None, feed: dict[str, Array]) -> list[Any]:  # as above
    """What a graph makes of tensors.

    Raises:
        BadInput: It refuses their shape or type.
        Exception: The model fails; ONNX Runtime's errors have no base but that.
    """
    try:
        return session.run(outputs, feed)  # type: ignore[no-any-return]  # as above
    except Exception as error:
        if type(error).__name__ != "InvalidArgument":
            raise
        raise BadInput(f"the model does not take that: {_first_line(error)}", "model") from error


def _runtime() -> Any:  # as above
    try:
        import onnxruntime  # only ONNX models need it
    except ImportError as error:
        raise Exit(
            Code.LIBRARY,
            f"an ONNX model needs onnxruntime, which cannot be imported: {error}",
            "install platformctl-predictors[onnx] in the server's environment",
        ) from error
    onnxruntime.set_default_logger_severity(_NOTHING_BUT_FATAL)
    return onnxruntime


def _options(runtime: Any, threads: int) -> Any:  # as above
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = _NOTHING_BUT_FATAL
    # A thread that spins while it waits takes the core that the event loop needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _no_gpu(cause: str) -> Exit:
    return Exit(
        Code.LIBRARY,
        f"a GPU is requested, and {cause}",
        "install onnxruntime-gpu, its CUDA and cuDNN in the server's environment, and see that the GPU is "
        "visible to it; or serve without one: resources.gpu: 0",
    )


def _listed(providers: list[str]) -> str:
    return ", ".join(providers) or "none"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
