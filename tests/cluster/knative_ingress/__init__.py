"""A stand-in for Knative's ingress: HTTPRoutes on the cluster's one gateway, for tests.

It is no ingress for anybody's traffic; docs/test-cluster-knative.md says what it leaves out.
"""

CLASS = "stand-in.ingress.networking.knative.dev"
"""Of the KIngress objects that it looks after."""
