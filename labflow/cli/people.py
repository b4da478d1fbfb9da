"""`labflow staff`: people without a browser."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from ..journeys import administration
from ..staff import Role
from .house import RNG, House, main


@main.group()
def staff() -> None:
    """People."""


@staff.command("add")
@click.argument("login")
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role])
)
@click.pass_obj
def add_person(house: House, login: str, name: str, roles: tuple[str, ...]) -> None:
    """Register a person; prints the one-time link that sets the password."""
    db = house.database(house.settings())
    made = administration.register_person(
        db, login=login, name=name, roles=[Role(role) for role in roles], now=datetime.now(UTC), rng=RNG
    )
    click.echo(f"{name} has the badge {made.person.badge}.")
    click.echo(f"Open once, on your server's address: /set-up/{made.secret}")
