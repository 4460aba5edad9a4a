"""platformctl: from an MLflow registry to a safe rollout on KServe."""
