"""What people do with deployments, over the ports alone. Decisions are in `plan` and `rollout`."""
