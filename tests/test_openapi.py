"""The OpenAPI document: valid, complete, true of every answer that schemathesis can provoke."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from conftest import NOW, Desk
from newsarchive import openapi
from newsarchive.openapi import OPERATIONS
from newsarchive.web import create_app

#: they take a cursor, a token or an id: no schema can say which of these are ours
OPAQUE = {"entries", "changes", "export"}
OPENNESS = "positive_data_acceptance"


def filled(folder: Path) -> Desk:
    """An archive with one of everything."""
    desk = Desk(folder)
    desk.article("affaire/index.md", "2023-11-17", "L’affaire", tags="[climat]")
    desk.article("affaire/2023-11-18.md", "2023-11-18", "Le retour", key="true")
    desk.article("archive.md", "2023-12", "Les archives", authors="[Ada Lovelace]", image="a.jpg")
    desk.article("retire.md", "2024", "Retiré", status="withdrawn")
    desk.load(NOW)
    desk.index(NOW)
    return desk


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return filled(tmp_path).client()


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_address_of_the_api_is_described(
    client: FlaskClient, document: dict[str, Any]
) -> None:
    rules = {
        rule.rule.replace("<path:path>", "{path}")
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
    }
    assert rules - {"/api/v1/openapi.json"} == set(document["paths"])


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for each in schema.values():
            yield from nodes(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from nodes(each)


def test_every_shape_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert len(schemas) > 15
    for name, schema in schemas.items():
        assert schema["description"], name
    for name, each in schemas["Entry"]["properties"].items():
        assert "$ref" in str(each) or "description" in each or name in {"tags"}, name
    for operation in document["paths"].values():
        for parameter in operation["get"]["parameters"]:
            assert parameter["description"]


EXAMPLES = [
    (each, name) for each in OPERATIONS for name in each.parameters if each.parameter(name).example
]


@pytest.mark.parametrize(
    ("operation", "name"), EXAMPLES, ids=[f"{each.name}-{name}" for each, name in EXAMPLES]
)
def test_every_example_is_answered(
    client: FlaskClient, operation: openapi.Operation, name: str
) -> None:
    query = {name: operation.parameter(name).example}
    answer = client.get(f"/api/v1/{operation.path}", query_string=query)
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def schema() -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(filled(Path(folder)).config)
        yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


#: what takes nothing cannot be asked wrongly
ASKED = [
    (each, mode)
    for each in OPERATIONS
    for mode in GenerationMode
    if each.parameters or mode is GenerationMode.POSITIVE
]


@pytest.mark.parametrize(
    ("operation", "mode"), ASKED, ids=[f"{each.name}-{mode.value}" for each, mode in ASKED]
)
def test_every_answer_is_as_it_is_described(
    schema: Any, operation: openapi.Operation, mode: GenerationMode
) -> None:
    left_out = [CHECKS.get_one(OPENNESS)] if operation.name in OPAQUE else []
    strategy = schema[f"/api/v1/{operation.path}"]["GET"].as_strategy(generation_mode=mode)

    @given(case=strategy)
    @settings(
        max_examples=40, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def check(case: schemathesis.Case) -> None:
        answer = case.call(headers={"Accept-Encoding": "identity"})  # it would not unzip
        if answer.status_code == 414:
            assert answer.headers["content-type"] == ["application/problem+json"]
        else:
            case.validate_response(answer, excluded_checks=left_out)

    check()
