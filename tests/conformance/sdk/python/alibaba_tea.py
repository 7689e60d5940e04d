# mypy: ignore-errors
"""Client of alibabacloud-cloudauth20190307."""

from alibabacloud_cloudauth20190307 import models
from alibabacloud_cloudauth20190307.client import Client
from alibabacloud_tea_openapi.models import Config, OpenApiRequest, Params
from alibabacloud_tea_util.models import RuntimeOptions
from jobs import serve


def compare_faces(job):
    options = {"signature_algorithm": job["signature"]} if "signature" in job else {}
    if job["ca"]:
        options["ca"] = job["ca"]
    client = Client(
        Config(
            access_key_id=job["key"],
            access_key_secret=job["secret"],
            protocol=job["protocol"],
            endpoint=job["endpoint"],
            **options,
        )
    )
    if "action" in job or "version" in job:
        return call_another(client, job)
    return client.compare_faces(models.CompareFacesRequest().from_map(job["arguments"])).body.to_map()


def call_another(client, job):
    """What the kit itself does behind `compare_faces`, of another name or version."""
    called = Params(
        action=job.get("action", "CompareFaces"),
        version=job.get("version", "2019-03-07"),
        protocol="HTTPS",
        pathname="/",
        method="POST",
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    return client.call_api(called, OpenApiRequest(body=job["arguments"]), RuntimeOptions())["body"]


def describe(error):
    return {
        "code": getattr(error, "code", None),
        "message": getattr(error, "message", str(error)),
        "status": getattr(error, "status_code", None),
        "request_id": (getattr(error, "data", None) or {}).get("RequestId"),
        "retry_after": getattr(error, "retry_after", None),
    }


serve(compare_faces, describe)
