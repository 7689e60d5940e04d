# mypy: ignore-errors
"""Client of bce-python-sdk: its signer and its HTTP client, for it has no face service."""

import json

from baidubce import protocol
from baidubce.auth.bce_credentials import BceCredentials
from baidubce.auth.bce_v1_signer import sign
from baidubce.bce_client_configuration import BceClientConfiguration
from baidubce.exception import BceHttpClientError
from baidubce.http import bce_http_client, handler
from baidubce.retry.retry_policy import NoRetryPolicy
from jobs import serve


def call(job):
    configuration = BceClientConfiguration(
        credentials=BceCredentials(job["key"], job["secret"]),
        endpoint=f"{job['protocol']}://{job['endpoint']}",
        protocol=protocol.HTTPS if job["protocol"] == "https" else protocol.HTTP,
        retry_policy=NoRetryPolicy(),
        connection_timeout_in_mills=30_000,
    )
    response = bce_http_client.send_request(
        configuration,
        sign,
        [handler.parse_error, handler.parse_json],
        b"POST",
        job.get("path", "/rest/2.0/face/v3/match").encode(),
        json.dumps(job["arguments"]).encode(),
        {b"Content-Type": b"application/json"},
        {key.encode(): value.encode() for key, value in job.get("query", {}).items()},
    )
    return json.loads(response.raw_data)


def describe(error):
    cause = error.last_error if isinstance(error, BceHttpClientError) else error
    return {"cause": type(cause).__name__, "message": str(cause)}


serve(call, describe)
