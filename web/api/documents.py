"""What the API says of itself: the OpenAPI document, and the same for people to read."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse

from config.i18n import N_
from web.api.access import PREFIX
from web.api.problems import Problem, ProblemReason
from web.templating import plain_page

router = APIRouter(prefix=PREFIX, include_in_schema=False)
Data = dict[str, Any]
VERSION = "1"
METHODS = ("get", "put", "post", "delete", "patch")
DESCRIPTION = N_(
    "The same commands, guards and errors as the portal. Times are ISO 8601 with an offset. "
    "Refusals are problem details (RFC 9457): read code and reasons, not the words. "
    "Every answer about one issue or task carries its version as ETag; send it back as If-Match "
    "and a change by somebody else meanwhile is refused with 412 instead of overwritten. "
    "Calls are limited for each token; RateLimit headers tell what is left."
)
TAGS: tuple[tuple[str, str], ...] = (
    ("issues", N_("Issues: report, read, and act on them.")),
    ("tasks", N_("Tasks: one lead unit, one measure, one deadline.")),
    ("requests", N_("Requests for return, extension, parking and adjustment.")),
    ("evidence", N_("Evidence: files that prove what was done.")),
    ("documents", N_("Official documents: numbers, signatures, receipts, files.")),
    ("notices", N_("Notices: what a person has been told.")),
    ("organisation", N_("Units and people.")),
    ("calendar", N_("The statutory working calendar and deadlines.")),
    ("policy", N_("The policy in force and its simulation.")),
    ("figures", N_("Statistics and reconciliation.")),
    ("projects", N_("Key projects: records, stages, lists, chain of responsibility.")),
    ("forces", N_("Task forces: a leader, member units, the projects that they look after.")),
    ("targets", N_("Plans of targets, monthly figures and frozen months.")),
    ("bulletins", N_("Figures of units with their rows, and monthly bulletins.")),
    ("plans", N_("Milestone plans of projects, permits, land lists, lights.")),
    ("demands", N_("Demands of enterprises: hand in, take up, link, answer.")),
    ("inspections", N_("Inspections: sites, findings, issues made of them; samples.")),
    ("instructions", N_("Leaders' instructions and the answers to them.")),
    ("evaluations", N_("Evaluations a year after the start of production, and commitments.")),
    ("meetings", N_("Dispatch meetings, their decisions, and coordination.")),
    ("intake", N_("Issues handed in by other platforms.")),
    ("health", N_("Health for machines.")),
)
SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token (xh_...) with the scopes read, write or intake.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "xiaohao_session",
        "description": "The portal's own pages; writes also send the header X-CSRF.",
    },
}


def document(app: FastAPI) -> Data:
    """The OpenAPI 3.1 document, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _made(app)
    return app.openapi_schema


def _made(app: FastAPI) -> Data:
    found = get_openapi(
        title="Xiaohao",
        version=VERSION,
        openapi_version="3.1.0",
        description=DESCRIPTION,
        tags=[{"name": name, "description": text} for name, text in TAGS],
        routes=[route for route in app.routes if getattr(route, "include_in_schema", False)],
    )
    components = found.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    schemas = components.setdefault("schemas", {})
    for model in (Problem, ProblemReason):
        made = model.model_json_schema(ref_template="#/components/schemas/{model}")
        made.pop("$defs", None)
        schemas[model.__name__] = made
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path, operations in found["paths"].items():
        for operation in operations.values():
            inside = path.startswith("/api/")
            operation["security"] = [{"token": []}, {"session": []}] if inside else []
    return found


@router.get("/openapi.json")
def openapi(request: Request) -> JSONResponse:
    """For programs."""
    return JSONResponse(document(request.app))


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """For people: no script, nothing from other hosts."""
    made = document(request.app)
    return plain_page(request, "api_docs.html", made=made, groups=groups(made))


def groups(made: Data) -> list[Data]:
    """Operations by tag, in the order of the tags."""
    found: dict[str, list[Data]] = {tag["name"]: [] for tag in made["tags"]}
    for path, operations in made["paths"].items():
        for method in METHODS:
            if method in operations:
                entry = _operation(made, path, method, operations[method])
                found[operations[method]["tags"][-1]].append(entry)
    texts = {tag["name"]: tag["description"] for tag in made["tags"]}
    return [{"name": n, "text": texts[n], "operations": ops} for n, ops in found.items() if ops]


def _operation(made: Data, path: str, method: str, operation: Data) -> Data:
    content = operation.get("requestBody", {}).get("content", {})
    media = next(iter(content), "")
    schema = _resolved(made, content[media]["schema"]) if media else {}
    return {
        "path": path,
        "method": method.upper(),
        "id": operation["operationId"],
        "summary": operation.get("summary", ""),
        "text": operation.get("description", ""),
        "parameters": operation.get("parameters", []),
        "media": media,
        "fields": [
            _field(made, name, part, schema.get("required", ()))
            for name, part in schema.get("properties", {}).items()
        ],
        "example": _shown(next(iter(schema.get("examples", ())), None)),
        "answers": [(s, a["description"]) for s, a in sorted(operation["responses"].items())],
    }


def _shown(example: Any) -> str:
    return "" if example is None else json.dumps(example, ensure_ascii=False, indent=2)


def _resolved(made: Data, schema: Data) -> Data:
    for part in schema.get("anyOf", ()):
        if "$ref" in part:
            schema = part
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Data = made["components"]["schemas"][name] if name else schema
    return found


def _field(made: Data, name: str, part: Data, required: Any) -> Data:
    kinds = [p.get("type", "object") for p in part.get("anyOf", [part])]
    return {
        "name": name,
        "kind": " / ".join(k for k in kinds if k != "null"),
        "label": part.get("x-label", ""),
        "text": part.get("x-help") if "x-label" in part else part.get("description", ""),
        "choices": [v for v in part.get("enum", ()) if v is not None],
        "required": name in required,
    }
