"""Device models: what holds for all devices of one."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.context import Caller, Transaction
from api.database import Connection, queries
from api.problems import documented, not_found
from api.schemas.devices import Model, ModelThresholds
from api.schemas.fields import Line
from api.thresholds import change_thresholds, own_thresholds

router = APIRouter(prefix="/models", tags=["devices"])

Name = Annotated[Line, Path(description="As the devices' `model` says it.")]

_PATH = "/{model:path}/thresholds"  # a model may have a slash in its name


@router.get(_PATH, response_model=Model, responses=documented(401, 403, 404, 422))
def model_thresholds(model: Name, caller: Caller, connection: Transaction) -> object:
    _check(connection, model)
    return {"model": model, "thresholds": own_thresholds(connection, "model", model)}


@router.put(_PATH, response_model=Model, responses=documented(401, 403, 404, 422))
def set_model_thresholds(
    model: Name, body: ModelThresholds, caller: Caller, connection: Transaction
) -> object:
    """Exactly these from now on. The model must be that of a device."""
    _check(connection, model)
    before = own_thresholds(connection, "model", model)
    change_thresholds(connection, "model", model, dict.fromkeys(before) | body.thresholds)
    return {"model": model, "thresholds": own_thresholds(connection, "model", model)}


def _check(connection: Connection, model: str) -> None:
    """A misspelt model must not look as if something had been set."""
    if not queries.model_known(connection, model=model):
        raise not_found("device of the model", model)
