"""What the models of both databases share."""

import sqlalchemy.orm
from sqlalchemy import DateTime, MetaData, text
from sqlalchemy.dialects.postgresql import UUID

Timestamp = DateTime(timezone=True)
Uuid = UUID(as_uuid=True)
NOW = text("now()")
RANDOM_UUID = text("gen_random_uuid()")

# The names that PostgreSQL itself would choose, which are also the ones that the migrations write out.
NAMES = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


class _Base:
    # With async there is no loading at the first look at an attribute: what the server fills in (keys, times)
    # comes back with the INSERT or UPDATE itself.
    __mapper_args__ = {"eager_defaults": True}


def declarative_base():
    return sqlalchemy.orm.declarative_base(cls=_Base, metadata=MetaData(naming_convention=NAMES))
