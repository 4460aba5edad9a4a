"""A Kubernetes cluster with KServe in Standard mode.

A revision is one InferenceService, which is not touched after creation but for its scale. The route is one
HTTPRoute of ours: the weights are in its spec, the rollout and the number of the commit are in annotations,
and all are replaced in one compare-and-set by its resource version. Nothing else is remembered anywhere.
"""
