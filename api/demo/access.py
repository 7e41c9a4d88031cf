"""How the demo's people get in: a token for their computers, and an account for the visitor."""

from dataclasses import dataclass
from pathlib import Path

from api.settings import database_in
from api.sign_in import SignIn
from api.user_commands import on_database
from controller.runtime.accounts import Role

NAME = "demo"


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens the demo's pages.

    Attributes:
        token: by which the simulated people act.
        name: by which the visitor signs in.
        password: of the visitor, for this run.
    """

    token: str
    name: str
    password: str


async def keys_for(folder: Path) -> Keys:
    """Return keys for the controller that is going to run on a folder; those of an earlier run end.

    Raises:
        OperatingError: the folder's database doesn't let us.
    """

    async def cut(users: SignIn) -> Keys:
        await users.accounts.revoke_tokens(NAME, NAME)
        token = await users.add_token(NAME, Role.MANAGER, None, NAME)
        return Keys(token, NAME, await users.guest(NAME, Role.MANAGER, NAME))

    return await on_database(database_in(folder), cut)
