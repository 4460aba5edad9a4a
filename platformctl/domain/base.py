"""The base of every value that is written to a file or read from one."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Frozen(BaseModel):
    """An immutable value. Files spell its fields in camelCase, Python in snake_case."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        regex_engine="python-re",  # look-ahead (ALIAS_PATTERN) is not in the default engine
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
    )
