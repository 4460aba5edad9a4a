"""A Kubernetes cluster with KServe in Standard mode.

A revision is one InferenceService, which is not touched after creation but for its scale. The route is one
HTTPRoute of ours: the weights are in its spec, the rollout is in an annotation, and its resource version is
the token, so that both are replaced in one compare-and-set. Nothing else is remembered anywhere.
"""
