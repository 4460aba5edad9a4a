"""What a revision and a route mean for Kubernetes: manifests. Pure: the same input gives the same bytes."""
