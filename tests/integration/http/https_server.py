"""An https server for tests, on a free port of loopback.

    https_server.py CERTIFICATE KEY FOLDER [HMAC_KEY README]

Writes FOLDER/port, and each request as a line of JSON to FOLDER/requests. What
it answers stands in FOLDER/answer: a status code, `big`, `slow`, or `moved
URL`; 200 without. With the last two words each line also says in "genuine"
whether the signature holds, by the very code that README shows.
"""
import http.server
import json
import os
import re
import ssl
import sys
import time


def main(certificate, key, folder, hmac_key="", readme=""):
    shown = {}
    if readme:
        with open(readme, encoding="utf-8") as file:
            block = re.search(r"```python\n(.*?)```", file.read(), re.S)
        exec(block.group(1), shown)  # pylint: disable=exec-used

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = {
                "path": self.path,
                "connection": self.client_address[1],
                "headers": dict(self.headers.items()),
                "body": body.decode(),
            }
            if shown:
                header = self.headers["U2Fi-Signature"]
                request["genuine"] = shown["is_genuine"](hmac_key.encode(), header, body)
                request["changed"] = shown["is_genuine"](hmac_key.encode(), header, body + b" ")
            with open(os.path.join(folder, "requests"), "a", encoding="utf-8") as file:
                file.write(json.dumps(request) + "\n")
            self.answer()

        def answer(self):
            try:
                with open(os.path.join(folder, "answer"), encoding="utf-8") as file:
                    words = file.read().split()
            except FileNotFoundError:
                words = ["200"]
            body = b""
            if words[0] == "big":
                body = b"x" * (10 << 20)
            if words[0] == "slow":
                time.sleep(20)
            if words[0] == "moved":
                self.send_response(307)
                self.send_header("Location", words[1])
            else:
                self.send_response(int(words[0]) if words[0].isdigit() else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(os.path.join(folder, "port.new"), "w", encoding="utf-8") as file:
        file.write(str(server.server_port))
    os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
    server.serve_forever()


main(*sys.argv[1:])
