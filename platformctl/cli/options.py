"""Arguments and options that several verbs take, and how their texts are read."""

import functools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import click

from platformctl.cli.opening import settings_of
from platformctl.cli.session import TIMEOUT, Session
from platformctl.domain.errors import SpecError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[timedelta]):
    """`90`, `90s`, `2m`, `1h`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the time span.

        Raises:
            SpecError: It is none, or is not positive.
        """
        del ctx
        if isinstance(value, timedelta):
            return value
        match = _DURATION.fullmatch(str(value).strip())
        seconds = float(match[1]) * _SECONDS[match[2] or "s"] if match else 0.0
        if not 0 < seconds < timedelta.max.total_seconds():
            raise SpecError(
                f"{value!r} is not a duration",
                field=_option(param),
                hint="write seconds or minutes: 90, 90s or 2m",
            )
        return timedelta(seconds=seconds)


class Whole(click.ParamType[int]):
    """A whole number of at least `least`."""

    name = "number"

    def __init__(self, least: int) -> None:
        self._least = least

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number.

        Raises:
            SpecError: It is none, or is too small.
        """
        del ctx
        text = str(value).strip()
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) < self._least:
            raise SpecError(
                f"{value!r} is not a whole number of at least {self._least}",
                field=_option(param),
                hint=f"write {_option(param)} {max(self._least, 10)}",
            )
        return int(text)


def _option(param: click.Parameter | None) -> str:
    return max(param.opts, key=len) if param else ""


def complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list["CompletionItem"]:
    """The deployments whose names begin so. Reads the local state and nothing else."""
    from click.shell_completion import CompletionItem  # only a shell asks for it

    del param
    try:
        settings = settings_of(ctx.ensure_object(Session))
        if settings.target.value != "local":
            return []  # a shell in the middle of a line does not wait for a cluster
        names = sorted(json.loads((settings.home.value / "state.json").read_bytes())["deployments"])
    except (OSError, ValueError, TypeError, KeyError, SpecError):
        return []  # a shell in the middle of a line is no place for an error
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def examples(*commands: str) -> str:
    """The epilog of a verb's help. The tests run these."""
    return "\b\nExample:\n" + "\n".join(f"  {command}" for command in commands)


name_argument = click.argument("name", shell_complete=complete_names)
optional_name = click.argument("name", required=False, shell_complete=complete_names)
output_option = click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    show_default=True,
    help="How to print it.",
)
timeout_option = click.option(
    "--timeout",
    type=Duration(),
    default=f"{TIMEOUT.total_seconds():.0f}s",
    show_default=True,
    help="How long a revision may take to get ready: 90, 90s or 2m.",
)
dry_run_option = click.option(
    "--dry-run",
    type=click.Choice(["client", "server"]),
    metavar="client|server",
    help="Only say what would be changed; =server asks the target too whether it would take it.",
)
force_option = click.option(
    "--force-conflicts",
    "takes_over",
    is_flag=True,
    help="On a cluster: take over fields that somebody else has set.",
)
STAGED = "staged"
gpu_shift_option = click.option(
    "--gpu-shift",
    "gpu_shift",
    type=click.Choice(["refuse", STAGED]),
    default="refuse",
    show_default=True,
    help="Where GPUs do not suffice for two revisions: refuse; or staged: what serves shrinks as the new one "
    "grows.",
)
auto_option = click.option(
    "--auto/--no-auto",
    "auto",
    default=None,
    help="Take over step by step, and go back by itself if it is worse; else as the spec's rollout says.",
)
breaking_option = click.option(
    "--allow-breaking",
    "allow_breaking",
    multiple=True,
    metavar="FIELD",
    help="Deploy a version although it breaks callers in this field, as inputs.age, outputs or "
    "params.threshold; may be repeated.",
)
wait_option = click.option(
    "--wait",
    "waits",
    is_flag=True,
    help="Drive a rollout that decides by itself to its end: exit 0 if it took over, 1 if it went back, 4 if "
    "it is paused.",
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Agree without being asked.")
file_option = click.option(
    *("-f", "--file"),
    type=click.Path(),
    metavar="FILE",
    help="The spec: a ModelDeployment in YAML or JSON; - for standard input.",
)
version_option = click.option("--version", metavar="N", help="The version of the model to deploy.")
alias_option = click.option("--alias", metavar="ALIAS", help="Deploy the version that this alias points to.")
canary_option = click.option(
    "--canary", metavar="PERCENT", help="The share of requests that the new version gets: 1 to 99."
)
signature_option = click.option(
    "--signature",
    type=click.Choice(["required", "optional"]),
    help="Whether a model without a signature is refused.",
)


allow_version_skew_option = click.option(
    "--allow-version-skew",
    is_flag=True,
    help="Serve a model that another version of scikit-learn trained.",
)
trust_type_option = click.option(
    "--trust-type",
    "trusted_types",
    multiple=True,
    metavar="TYPE",
    help="Trust this type in a skops file, as package.module.Type; may be repeated.",
)
format_option = click.option(
    "--format",
    "model_format",
    type=click.Choice(["auto", "sklearn", "pipeline", "onnx", "pyfunc"]),
    help="How the model is run; else the spec's, else auto.",
)
predict_option = click.option(
    "--predict",
    "predicts",
    type=click.Choice(["label", "probability", "both"]),
    help="What a classifier answers; else as the model was logged.",
)


@dataclass(frozen=True)
class Asked:
    """The arguments and options of `request_options`, as they were typed.

    Args:
        name: A deployment's or a model's name.
        file: The spec's path; "-" for standard input, whose relative paths start in the current folder.
    """

    name: str | None
    file: str | None
    version: str | None
    alias: str | None
    canary: str | None
    signature: Literal["required", "optional"] | None
    allow_version_skew: bool
    trusted_types: tuple[str, ...]
    model_format: Literal["auto", "sklearn", "pipeline", "onnx", "pyfunc"] | None
    predicts: Literal["label", "probability", "both"] | None


def request_options(function: F) -> F:
    """The options that say what to deploy, handed on as one `asked`; `deploy` and `diff` take them."""

    @functools.wraps(function)
    def gathered(*arguments: Any, **options: Any) -> Any:  # click's
        asked = Asked(**{field.name: options.pop(field.name) for field in fields(Asked)})
        return function(*arguments, asked=asked, **options)

    for option in (
        *(predict_option, format_option, trust_type_option, allow_version_skew_option),
        *(signature_option, canary_option, alias_option, version_option, file_option, optional_name),
    ):
        gathered = option(gathered)
    return cast("F", gathered)
