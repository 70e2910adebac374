"""The state of the site in numbers, for Prometheus (text format 0.0.4); an extra."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app

from newsarchive.errors import CatalogueError
from newsarchive.web import http
from newsarchive.web.access import Access
from newsarchive.web.context import composer
from newsarchive.web.operations import State, state

if TYPE_CHECKING:
    from prometheus_client.core import Metric

metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
def numbers() -> Response:
    """404 where the extra is not installed."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - an extra
        from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4  # noqa: PLC0415
    except ImportError:
        http.missing()
    registry = CollectorRegistry()
    registry.register(_Numbers(state(), _entries(), current_app.extensions["access"]))
    return http.answer(generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4, cache="no-store")


def _entries() -> int:
    """A count that goes through all of them: not for who asks every second."""
    try:
        return composer().archive.catalogue.entry_count()
    except CatalogueError:
        return 0


class _Numbers:
    """What is told: of the archive, and of this process since it began."""

    def __init__(self, now: State, entries: int, access: Access) -> None:
        self._now, self._entries, self._access = now, entries, access

    def collect(self) -> Iterator["Metric"]:
        """Every number."""
        from prometheus_client.core import (  # noqa: PLC0415 - an extra
            CounterMetricFamily,
            GaugeMetricFamily,
        )

        now = self._now
        gauges = [
            ("ready", "1 while everything on disk is loaded", int(now.is_ready)),
            ("generation", "Grows with every change of the archive", now.generation),
            ("entries", "Entries in the catalogue, whatever their state", self._entries),
            ("problems", "What newsarchive check says of the files", now.problems),
            ("loading_files", "Files that are to be read by the load that runs", now.loading.total),
            ("loading_files_done", "Files that it has read", now.loading.done),
        ]
        if now.behind is not None:  # nobody knows while there is no index
            gauges.append(("search_behind", "Changes that cannot be found yet", now.behind))
        for name, help_, value in gauges:
            yield GaugeMetricFamily(f"newsarchive_{name}", help_, value=value)
        process = str(os.getpid())
        requests = CounterMetricFamily(
            "newsarchive_requests", "Requests answered", labels=["method", "status", "process"]
        )
        for (method, status), number in sorted(self._access.answered.items()):
            requests.add_metric([method, status, process], number)
        yield requests
        seconds = CounterMetricFamily(
            "newsarchive_request_seconds", "Until their answers began", labels=["process"]
        )
        seconds.add_metric([process], self._access.seconds)
        yield seconds
