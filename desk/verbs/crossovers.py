"""`crossover`: what cases share, where a policy on the pair allows it."""

from __future__ import annotations

import click

from cases.crossovers import PolicyView
from desk.options import Desk, case_option, desk_options
from desk.printing import Document, say, table
from gate.text import fold_line
from jobs.crossing import Crossover, CrossoverList, list_crossovers, set_policy


@click.group()
def crossover() -> None:
    """What cases share: identifiers and accepted records, where a policy allows the pair.

    \b
    Example:
      lantern crossover list --case LINDEN
    """


def policy_document(policy: PolicyView) -> Document:
    """A policy as `--json` and the API give it."""
    return {
        "other": policy.reference,
        "allowed": policy.allowed,
        "reason": fold_line(policy.reason),
        "by": policy.by,
        "at": policy.at,
    }


def crossovers_document(found: CrossoverList) -> Document:
    """A case's crossovers as `--json` and the API give them."""
    return {
        "case": found.case,
        "policies": [policy_document(each) for each in found.policies],
        "crossovers": [_crossover(each) for each in found.crossovers],
    }


def _crossover(each: Crossover) -> Document:
    return {
        "other": each.policy.reference,
        "in_charge": each.policy.in_charge,
        "seen": each.policy.seen,
        "more": each.more,
        "shared": [
            {
                "kind": item.kind,
                "value": item.value,
                "captures": item.here,
                "captures_there": item.there,
                "entity": item.entity,
                "entity_there": item.entity_there,
            }
            for item in each.shared
        ],
    }


@crossover.command("policy")
@click.argument("one", metavar="CASE")
@click.argument("other", metavar="CASE")
@click.argument("word", type=click.Choice(["allow", "deny"]))
@click.option("--reason", required=True, help="Why the purposes are compatible, or are not.")
@desk_options
def crossover_policy(desk: Desk, one: str, other: str, word: str, reason: str) -> None:
    """Say whether two cases may be told what they share. Without a word, they may not.

    \b
    Example:
      lantern crossover policy LINDEN OSIER allow --reason "One supplier, the same purpose"
    """
    with desk.work() as acting:
        held = set_policy(acting, one, other, allowed=word == "allow", reason=reason)
    desk.answer(
        {"case": one, **policy_document(held)},
        lambda: say(f"{one} and {held.reference}: {word} from now on."),
    )


@crossover.command("list")
@case_option
@desk_options
def crossover_list(desk: Desk, case: str | None) -> None:
    """What a case shares with those that it may be compared with: a combination on the ledger.

    Of a case that you may not see, you are told the value and whom to ask, and no more.

    \b
    Example:
      lantern crossover list --case LINDEN
    """
    with desk.work() as acting:
        found = list_crossovers(acting, desk.case(acting, case))

    def show() -> None:
        for each in found.crossovers:
            say(f"{found.case} and {each.policy.reference} (ask {each.policy.in_charge}):")
            table(
                ("kind", "value", "captures here", "captures there", "record", "there"),
                [
                    (s.kind, s.value, s.here, _known(s.there), s.entity, s.entity_there)
                    for s in each.shared
                ],
            )
            if each.more:
                say("There are more: the rarest are shown.")
        if not found.crossovers:
            say("No policy lets this case be compared: lantern crossover policy A B allow …")

    desk.answer(crossovers_document(found), show)


def _known(count: int | None) -> str:
    return "not for you" if count is None else str(count)
