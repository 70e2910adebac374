"""The page of the API: what it is, five things to do with it, every address."""

from flask import Blueprint, Response, render_template

from newsarchive import permalink
from newsarchive.entry import Kind
from newsarchive.query import Query
from newsarchive.web import http
from newsarchive.web.asking import head_of, said
from newsarchive.web.context import composer
from newsarchive.web.examples import EXAMPLES

apipage = Blueprint("apipage", __name__)


@apipage.get(permalink.API)
def page() -> Response:
    make = composer()
    site_url = make.archive.config.site_url
    newest = make.archive.find(Query(kind=Kind.ARTICLE, limit=1), make.now).entries
    path = permalink.escape(newest[0].path) if newest else "2023/article"
    year = str(newest[0].published.at.year) if newest else "2023"
    api = permalink.absolute(site_url, permalink.API_V1.rstrip("/"))
    return http.html(
        render_template(
            "api.html", nav="api", heading=said("API"), api=api,
            examples={each.name: each.blocks(api, path, year) for each in EXAMPLES},
            head=head_of(said("API"), permalink.API, description=said(
                "The whole archive for scripts: every address, and examples that run.")),
        )
    )  # fmt: skip
