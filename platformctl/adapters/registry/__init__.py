"""The registry adapter: MLflow by REST, MLflow without a server, and plain folders.

    rest/       http(s) URIs, on the standard library alone
    store.py    sqlite and the like, through the mlflow package
    folder.py   files in a folder
    either.py   a folder where one is asked for, else the registry

What MLflow means by a version that can serve is decided once, in `resolving`, over the small
interface `source.Source` that `rest` and `store` implement.
"""
