"""The archive under any WSGI server, with any number of workers: ``gunicorn wsgi:app``."""

from newsarchive.config import load_config
from newsarchive.supervising import Supervisor
from newsarchive.web import create_app

config = load_config()
app = create_app(config)
Supervisor(config).start()
