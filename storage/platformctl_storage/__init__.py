"""Downloads a model's artifacts through an MLflow server that proxies them (`mlflow-artifacts:/…`).

KServe starts it as an init container, for URIs that its own initializer does not know:

    python -m platformctl_storage mlflow-artifacts:/1/models/m-4f2a/artifacts /mnt/models

    settings  what the URI and MLflow's environment variables say   pure but for the files they name
    listing   names and sizes as a server tells them                pure
    server    one request after the other, and again where that helps
    download  what is listed, into a folder; goes on where another run stopped

The standard library is all that it needs, so that its image is a Python and these files.
"""
