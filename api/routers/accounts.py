"""Accounts, as the manager of a hall administers those of the own hall, and one without a hall all of them."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.identities import Principal
from api.parts import Ours, Parts, may_answer
from api.problems import Problem
from api.schemas import AccountAsked, AccountForm, EnabledAsked, OneTimeForm
from api.sign_in import normal_name
from controller.runtime.accounts import Account, Role

router = APIRouter(prefix="/accounts", tags=["accounts"], route_class=GuardedApi)

OF_A_HALL = frozenset({Role.CLERK, Role.MANAGER})
"""Roles that the manager of one hall may give."""


@router.get("", response_model=list[AccountForm], responses=may_answer())
async def list_accounts(request: Request, parts: Ours) -> Response:
    """Return the accounts, without anything secret."""
    who = caller_of(request)
    return answer([_form(found) for found in await parts.sign_in.accounts.accounts() if who.may_act_in(found.hall)])


@router.post("", status_code=201, response_model=OneTimeForm, responses=may_answer(409, 422))
async def add_account(asked: AccountAsked, request: Request, parts: Ours) -> Response:
    """Make an account; its one-time password is told once, here."""
    who = caller_of(request)
    hall = asked.hall if asked.hall is not None else who.hall
    if not who.may_act_in(hall):
        raise Problem(403, "hall_forbidden", {"hall": hall})
    if who.hall is not None and asked.role not in OF_A_HALL:
        raise Problem(403, "role_not_yours_to_give", {"role": asked.role.value})
    password = await parts.sign_in.add(asked.name, asked.role, hall, who.actor)
    return answer({"name": normal_name(asked.name), "password": password}, 201)


@router.post("/{name}/password", response_model=OneTimeForm, responses=may_answer(404))
async def reset_password(name: str, request: Request, parts: Ours) -> Response:
    """Give an account a one-time password, which is told once, here."""
    who = caller_of(request)
    found = await _theirs(parts, who, name)
    return answer({"name": found.name, "password": await parts.sign_in.reset_password(found.name, who.actor)})


@router.put("/{name}/enabled", response_model=AccountForm, responses=may_answer(404, 422))
async def set_enabled(name: str, asked: EnabledAsked, request: Request, parts: Ours) -> Response:
    """Let an account be used or not; when it may not, its sessions end."""
    who = caller_of(request)
    found = await _theirs(parts, who, name)
    await parts.sign_in.set_enabled(found.name, enabled=asked.enabled, by=who.actor)
    return answer({**_form(found), "enabled": asked.enabled})


async def _theirs(parts: Parts, who: Principal, name: str) -> Account:
    """Return an account that somebody may administer; one of another hall is as good as none."""
    found = await parts.sign_in.accounts.account(normal_name(name))
    if found is None or not who.may_act_in(found.hall):
        raise Problem(404, "account_unknown", {"name": name})
    return found


def _form(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "role": account.role.value,
        "hall": account.hall,
        "enabled": account.enabled,
        "must_change_password": account.must_change,
    }
