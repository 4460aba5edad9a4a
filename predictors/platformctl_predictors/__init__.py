"""kserve.Model servers: one process serves one revision of one model.

The contract that rendering, the local target and the judge rely on is docs/server-contract.md.
`settings` imports only pydantic; kserve, scikit-learn and MLflow are imported when a model needs
them, because importing each takes a second or more.
"""
