"""A table as a DataFrame: what scikit-learn's pipelines and MLflow take. Pure."""

from typing import Any

import pandas as pd

from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.columns import column_array


def frame(table: Table) -> pd.DataFrame:
    """The table as a DataFrame of the columns' dtypes; columns without a name are numbered.

    Raises:
        BadInput: A number of an untyped column is beyond float64.
    """
    arrays: dict[object, Any] = {}
    for index, (column, values) in enumerate(zip(table.columns, zip(*table.rows, strict=True), strict=True)):
        array = column_array(column, values)
        # Objects with their dtype said: newer pandas would make texts of them. The rest is quicker as it is.
        named = pd.Series(array, dtype=object) if array.dtype == object else array
        arrays[index if column.name is None else column.name] = named
    return pd.DataFrame(arrays)
