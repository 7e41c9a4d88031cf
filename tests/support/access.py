"""How the tests' clients are let in: a manager's token for each controller that a test started."""

TOKENS: dict[str, str] = {}
"""By the controller's address; filled by whoever starts it."""


def access_headers(address: str) -> dict[str, str]:
    """Return the headers by which a client of a controller may do everything; none where nobody got a token."""
    return bearer(TOKENS.get(address.rstrip("/"), ""))


def bearer(token: str) -> dict[str, str]:
    """Return the header of a token; none for none."""
    return {"Authorization": f"Bearer {token}"} if token else {}
