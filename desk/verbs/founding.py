"""`init`."""

from __future__ import annotations

from pathlib import Path

import click

from cases.people import ROLES
from desk.options import Desk, desk_options
from desk.printing import say
from jobs.founding import NewVault, found_vault


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="The operator's name.")
@click.option("--role", type=click.Choice(ROLES), default="investigator", show_default=True)
@click.option(
    "--egress",
    default="",
    metavar="WAY",
    help="The way out: direct, socks5://HOST:PORT, tor or http://HOST:PORT. "
    "Without one, nothing is collected.",
)
@desk_options
def init(desk: Desk, folder: Path, name: str, role: str, egress: str) -> None:
    """Make a vault in an empty folder; --operator is its first person, who acts by default.

    Keys are made outside the vault (--keys, LANTERN_KEYS, or your own data folder): a copied vault
    cannot be signed anew. Back them up apart from the vault.

    \b
    Example:
      lantern init vault --operator JS --name "Jo Smith" --egress direct
    """
    operator = desk.named.operator or desk.named.environment.get("LANTERN_OPERATOR")
    if not operator:
        raise click.UsageError("init needs --operator CODE: the initials of its first person.")
    target = Path(desk.named.vault) if desk.named.vault else folder
    founded = found_vault(
        NewVault(target, operator, name, role, egress, desk.named.keys), desk.named.environment
    )
    settings = founded.vault.settings.vault
    document = {
        "vault": str(founded.vault.root.resolve()),
        "id": founded.vault.id,
        "keys": str(founded.keys),
        "operator": founded.operator.code,
        "egress": founded.way_out,
        "volume_encrypted": settings.volume_encrypted,
    }

    def for_people() -> None:
        say(f"Vault    {document['vault']}")
        say(f"Keys     {document['keys']} (not in the vault: back them up apart from it)")
        say(f"Operator {founded.operator.code}, {founded.operator.name}, {founded.operator.role}")
        say(f"Volume encrypted: {settings.volume_encrypted}")
        say(founded.way_out or "No way out is set: collect is refused until one stands in")
        if founded.way_out is None:
            say(f'{founded.vault.settings_path}: [egress] way_out = "direct" (or socks5://…)')
        say('Next: lantern case open LINDEN --title "…"')

    desk.answer(document, for_people)
