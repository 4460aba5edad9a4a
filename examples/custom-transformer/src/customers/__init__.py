"""What callers know of a customer, as the churn model takes it."""
