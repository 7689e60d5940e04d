# mypy: ignore-errors
"""Client of aliyun-python-sdk-core with aliyun-python-sdk-cloudauth."""

import json

from aliyunsdkcloudauth.request.v20190307.CompareFacesRequest import CompareFacesRequest
from aliyunsdkcore.client import AcsClient
from jobs import serve


def compare_faces(job):
    options = {"verify": job["ca"]} if job["ca"] else {}
    client = AcsClient(job["key"], job["secret"], "cn-hangzhou", **options)
    request = CompareFacesRequest()
    if job["protocol"] == "http":
        # The literal: the kit compares by identity. Without it, it is https.
        request.set_protocol_type("http")
    request.set_endpoint(job["endpoint"])
    for name, value in job["arguments"].items():
        getattr(request, f"set_{name}")(value)
    if "action" in job:
        request.set_action_name(job["action"])
    if "version" in job:
        request.set_version(job["version"])
    return json.loads(client.do_action_with_exception(request))


def describe(error):
    return {
        "code": getattr(error, "error_code", None),
        "message": getattr(error, "message", str(error)),
        "status": getattr(error, "http_status", None),
        "request_id": getattr(error, "request_id", None),
    }


serve(compare_faces, describe)
