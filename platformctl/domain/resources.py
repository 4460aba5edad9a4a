"""What one replica gets of a machine, and which machines it may run on."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from platformctl.domain import quantity
from platformctl.domain.base import Frozen
from platformctl.domain.fields import Cores, Count, Devices, Memory, WaitSeconds, refusal
from platformctl.domain.kube_names import LabelKey, Labels, LabelValue, ResourceName

COUNT_TAG, GPU_TAG = "<count>", "<gpu>"
"""The two ways to ask for GPUs. No key of a file: pydantic puts them into its paths."""

NVIDIA = "nvidia.com/"
PRODUCT_LABEL = "nvidia.com/gpu.product"
"""The label of a node by which NVIDIA's GPU feature discovery names its GPUs."""


class Gpu(Frozen):
    """GPUs, where their number alone does not say it."""

    count: Devices = Field(description="The number of GPUs of one replica.")
    resource: ResourceName = Field(
        default="nvidia.com/gpu",
        description="The resource of nodes that they are: nvidia.com/mig-1g.5gb for a slice, amd.com/gpu.",
    )
    product: LabelValue | None = Field(
        default=None,
        min_length=1,
        description=f"The product, as the label {PRODUCT_LABEL} of nodes names it. Default: any.",
    )
    shared_memory: Memory | None = Field(
        default=None,
        description="The size of /dev/shm, in bytes; it counts as memory of the replica. Default: the "
        "container runtime's own, mostly 64Mi.",
    )

    @model_validator(mode="after")
    def _labelled(self) -> Self:
        if self.product is not None and not self.resource.startswith(NVIDIA):
            raise refusal(
                f"product is a label of NVIDIA's, and {self.resource} is not theirs",
                "choose nodes by a label of your own, in nodeSelector of spec.resources",
            )
        return self


class Toleration(Frozen):
    """A taint of nodes that a replica may run in spite of, as Kubernetes has it."""

    key: LabelKey | None = Field(
        default=None, description="The taint's key. Default: any; operator has to be Exists then."
    )
    operator: Literal["Equal", "Exists"] = Field(
        default="Equal", description="Equal: key and value are the taint's; Exists: the key is."
    )
    value: LabelValue = Field(default="", description="The taint's value, for Equal. Default: the empty one.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="The taint's effect. Default: any."
    )
    toleration_seconds: WaitSeconds | None = Field(
        default=None,
        description="The time for which a replica stays after the taint came, in seconds; only with "
        "NoExecute. Default: for ever.",
    )

    @model_validator(mode="after")
    def _as_kubernetes_has_it(self) -> Self:
        """The rules of k8s.io/kubernetes/pkg/apis/core/validation.ValidateTolerations."""
        if self.key is None and self.operator != "Exists":
            raise refusal("has no key", "write the taint's key, or operator: Exists for all taints")
        if self.operator == "Exists" and self.value:
            raise refusal("has a value, and Exists looks at the key alone", "leave value out, or operator")
        if self.toleration_seconds is not None and self.effect != "NoExecute":
            raise refusal(
                "tolerationSeconds is the time after an eviction by NoExecute",
                "write effect: NoExecute, or leave tolerationSeconds out",
            )
        return self


def _way(value: object) -> str:
    return GPU_TAG if isinstance(value, (Mapping, Gpu)) else COUNT_TAG


def _plain(gpu: int | Gpu) -> int | Gpu:
    """One spelling for one meaning: `{count: 1}` is `1`."""
    return gpu.count if isinstance(gpu, Gpu) and gpu == Gpu(count=gpu.count) else gpu


Gpus = Annotated[
    Annotated[Annotated[Count, Tag(COUNT_TAG)] | Annotated[Gpu, Tag(GPU_TAG)], Discriminator(_way)],
    AfterValidator(_plain),
]


class Resources(Frozen):
    """What one replica gets, as request and as limit, and where. The local target does not enforce it."""

    cpu: Cores = Field(default="1", description="Processor time, in cores: 1, 0.5 or 500m.")
    memory: Memory = Field(default="2Gi", description="Memory, in bytes: 512Mi, 2Gi or 2147483648.")
    gpu: Gpus = Field(
        default=0,
        description="The number of GPUs, or a mapping that also says which. ONNX models then run on them, or "
        "not at all.",
    )
    node_selector: Labels = Field(
        default={}, description="Labels that a node has to have, and their values. Default: any node will do."
    )
    tolerations: tuple[Toleration, ...] = Field(
        default=(), description="Taints of nodes that it may run in spite of. Default: none."
    )

    @property
    def gpus(self) -> Gpu | None:
        """The GPUs of one replica, however the spec says it; None: none."""
        if isinstance(self.gpu, Gpu):
            return self.gpu
        return Gpu(count=self.gpu) if self.gpu else None

    @model_validator(mode="after")
    def _agreeing(self) -> Self:
        gpus = self.gpus
        if gpus is None:
            return self
        if gpus.product and PRODUCT_LABEL in self.node_selector:
            raise refusal(f"nodeSelector has {PRODUCT_LABEL}, and gpu has product", "keep one of them")
        if gpus.shared_memory and quantity.parse(gpus.shared_memory) > quantity.parse(self.memory):
            raise refusal(
                f"gpu.sharedMemory ({gpus.shared_memory}) is part of memory, and that is {self.memory}",
                "give the replica more memory",
            )
        return self
