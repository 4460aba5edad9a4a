"""MLflow's registry over its REST API, on the standard library alone: importing mlflow takes seconds.

    server     what the URI and MLflow's environment variables say          pure but for the files they name
    proxy      HTTP_PROXY, HTTPS_PROXY, NO_PROXY                            pure
    transport  connections, threads, one deadline for an operation
    answers    from a status and a body to a document or an error           pure
    source     the endpoints
    artifacts  the files of a version
    registry   the port

Only `registry` needs pydantic. The protocol is read from mlflow 3.17's own client and handlers
(mlflow/utils/rest_utils.py, mlflow/server/handlers.py).
"""
