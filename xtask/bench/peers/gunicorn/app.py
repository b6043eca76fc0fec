"""The program of the handover benchmark under gunicorn."""

import os


def app(environ, start_response):
    environ["wsgi.input"].read()
    body = f"pid={os.getpid()}\n".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
