"""The archive under any WSGI server: ``granian --interface wsgi wsgi:app``, ``gunicorn wsgi:app``."""

from newsarchive.config import load_config
from newsarchive.loader import Supervisor
from newsarchive.web import create_app

config = load_config()
app = create_app(config)
Supervisor(config).start()
