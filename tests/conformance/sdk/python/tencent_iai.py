# mypy: ignore-errors
"""Client of tencentcloud-sdk-python-iai."""

import json

from jobs import serve
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.iai.v20200303 import models
from tencentcloud.iai.v20200303.iai_client import IaiClient


def call(job):
    http = HttpProfile(protocol=job["protocol"], endpoint=job["endpoint"], reqMethod=job.get("method", "POST"))
    if job["ca"]:
        http.certification = job["ca"]
    language = {"language": job["language"]} if "language" in job else {}
    profile = ClientProfile(httpProfile=http, **language)
    profile.signMethod = job.get("signature", "TC3-HMAC-SHA256")
    profile.unsignedPayload = job.get("unsigned_payload", False)
    credential = Credential(job["key"], job["secret"])
    action = job.get("action", "CompareMaskFace")
    if "version" in job or not hasattr(IaiClient, action):
        client = CommonClient("iai", job.get("version", "2020-03-03"), credential, "ap-guangzhou", profile)
        return client.call_json(action, job["arguments"])["Response"]
    request = getattr(models, f"{action}Request")()
    for name, value in job["arguments"].items():
        setattr(request, name, value)
    client = IaiClient(credential, "ap-guangzhou", profile)
    return json.loads(getattr(client, action)(request).to_json_string())


def describe(error):
    return {
        "code": getattr(error, "code", None),
        "message": getattr(error, "message", str(error)),
        "request_id": getattr(error, "requestId", None),
    }


serve(call, describe)
