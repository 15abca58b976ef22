"""Takes OTLP over HTTP by OpenTelemetry's own published definitions, and prints what it understood, one line a request.

Strict: a field that the definitions don't have, or a value of another kind, is refused as a collector refuses it.
"""

from http.server import BaseHTTPRequestHandler, HTTPServer

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)


class Collector(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        request = ExportMetricsServiceRequest()
        try:
            if (self.path, self.headers["content-type"]) != ("/v1/metrics", "application/json"):
                raise json_format.ParseError(f"{self.path} of {self.headers['content-type']}")
            json_format.Parse(body, request)
            said, status = json_format.MessageToJson(request, indent=None), 200
        except json_format.ParseError as error:
            said, status = f"refused: {error}", 400
        print(said, flush=True)
        answer = json_format.MessageToJson(ExportMetricsServiceResponse()).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Collector)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
