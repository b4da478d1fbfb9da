"""What every command has: the house it works in, and faults said in one line."""

from __future__ import annotations

import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ..catalog import Catalog, ConfigurationFaults, describe_faults, load_catalog
from ..foundation.database import Database
from ..foundation.errors import LabError
from ..foundation.one_process import only_one
from ..foundation.settings import Settings, load_settings
from ..migrations import upgrade
from ..web.templating import example_config

RNG = random.SystemRandom()


@dataclass
class House:
    """What every command needs; opened when first asked for."""

    data: Path | None
    config: Path | None

    def settings(self, *, demo: bool = False) -> Settings:
        return load_settings(os.environ, config=self.config, data=self.data, demo=demo)

    def catalog(self, settings: Settings) -> Catalog:
        return load_catalog(settings.config or example_config())

    def database(self, settings: Settings) -> Database:
        """The database at this version's schema."""
        upgrade(settings.database_url)
        return Database(settings.database_url)

    def keep_others_out(self, settings: Settings) -> None:
        """This process has an embedded database to itself until the command ends; raises DataInUse."""
        if settings.is_embedded:
            click.get_current_context().with_resource(only_one(settings.data))


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigurationFaults as error:
            click.echo(describe_faults(error.faults), err=True)
        except LabError as error:
            click.echo(f"{error.message} {error.next_step}", err=True)
        sys.exit(2)


@click.group(cls=_Commands)
@click.option(
    "--data", type=click.Path(path_type=Path), envvar="LABFLOW_DATA", help="The folder with the data."
)
@click.option(
    "--config", type=click.Path(path_type=Path), envvar="LABFLOW_CONFIG", help="The configuration file."
)
@click.version_option(package_name="labflow")
@click.pass_context
def main(ctx: click.Context, data: Path | None, config: Path | None) -> None:
    """Sample tracking for children's bone marrow aspirates."""
    ctx.obj = House(data, config)
