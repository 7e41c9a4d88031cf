"""How the tests' clients are let in: a manager's token for each controller that a test started."""

TOKENS: dict[str, str] = {}
"""By the controller's address; filled by whoever starts it."""


def access_headers(address: str) -> dict[str, str]:
    """Return the headers by which a client of a controller may do everything; none where nobody got a token."""
    token = TOKENS.get(address.rstrip("/"))
    return {} if token is None else {"Authorization": f"Bearer {token}"}
