"""KServe's Knative mode: one InferenceService a deployment, whose requests Knative routes."""
