"""A setting that members change in the portal (policies.settings lists them all)."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Json


class Setting(Base):
    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
