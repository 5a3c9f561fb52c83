"""The WSGI entry point: `gunicorn wsgi:app`, and `flask --app wsgi` for the command line."""

from portal import create_app

app = create_app()
