"""What OpenAPI says of access: added from the table, so that it can say nothing else."""

from typing import Any

from fastapi import FastAPI

from api.access import ACCESS, COOKIE, READING, Public

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "yichuang user token NAME --role ROLE [--hall HALL]"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "POST /api/v1/session"},
}
REFUSED = {
    "401": "Nobody knows who asks: no session, no token, or one that isn't valid.",
    "403": "The caller may not do this, or not in this hall.",
}


def describe(app: FastAPI) -> None:
    """Let an application's description say who may do what, and how a caller shows who it is."""
    make = app.openapi

    def described() -> dict[str, Any]:
        is_new = app.openapi_schema is None
        schema = make()
        if is_new:
            schema["components"]["securitySchemes"] = SCHEMES
            for (method, path), rule in ACCESS.items():
                operation = schema["paths"].get(path, {}).get(method.lower())
                if operation is None or (rule.public is Public.YES and method in READING):
                    continue
                anybody: list[dict[str, list[str]]] = [{}] if rule.public is not Public.NO else []
                operation["security"] = [*anybody, *({name: []} for name in SCHEMES)]
                if rule.public is not Public.YES:
                    roles = ", ".join(sorted(role.value for role in rule.roles))
                    operation["description"] = f"{operation.get('description', '')}\n\nRoles: {roles}.".strip()
                for status, why in REFUSED.items():
                    operation["responses"].setdefault(status, _problem(why))
        return schema

    app.openapi = described  # type: ignore[method-assign]


def _problem(why: str) -> dict[str, Any]:
    form = {"schema": {"$ref": "#/components/schemas/ProblemForm"}}
    return {"description": why, "content": {"application/problem+json": form}}
