"""A door before an HTTP service that lets in only who has a client certificate and a password."""

import base64
import http.server
import ssl
import subprocess
import threading
import urllib.error
import urllib.request


def make_certificates(folder):
    """An authority with a server's and a client's certificate; the paths by name."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.pem" for name in ("ca", "server", "client", "stranger")}

    def openssl(*arguments):
        subprocess.run(
            ["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60
        )

    def key_of(name):
        return folder / f"{name}.key"

    for name in ("ca", "stranger"):  # a stranger signs for himself
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2", "-subj", f"/CN={name}", "-keyout", key_of(name), "-out", paths[name])
    for name in ("server", "client"):
        request = folder / f"{name}.csr"
        extensions = folder / f"{name}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-keyout", key_of(name), "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", paths["ca"], "-CAkey", key_of("ca"),
                "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", paths[name])
    return paths | {f"{name}.key": key_of(name) for name in paths}


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # refused handshakes are what this is for


class TlsProxy:
    """Serves https://127.0.0.1:port and hands on to target what is let in."""

    def __init__(self, target, certificates, user, password):
        self._target = target
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._authorization = f"Basic {credentials}"
        self._server = _Server(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates["server"], certificates["server.key"])
        context.load_verify_locations(certificates["ca"])
        context.verify_mode = ssl.CERT_REQUIRED
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        self.passed = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def _handler(proxy):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def _answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _hand_on(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length) or None
                if self.headers.get("Authorization") != proxy._authorization:
                    return self._answer(401, b'{"error_code":401,"message":"Unauthorized"}')
                proxy.passed += 1
                request = urllib.request.Request(proxy._target + self.path, data=body)
                if body:
                    request.add_header("Content-Type", self.headers["Content-Type"])
                try:
                    with urllib.request.urlopen(request, timeout=20) as answer:
                        return self._answer(answer.status, answer.read())
                except urllib.error.HTTPError as error:
                    return self._answer(error.code, error.read())

            do_GET = do_POST = _hand_on

        return Handler
