"""What every section of the settings is: closed and unchanging."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of `socle.toml`; a key it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)
