# mypy: ignore-errors
"""Client of baidu-aip. Its addresses are class attributes; they are set anew before every call.

A job's `client` names a client that later jobs use again, access token and all. What such a client is constructed with
is that of the first job; a later `secret` reaches it as it would in a program that reads its configuration anew.
"""

from urllib.parse import urlparse

from aip import AipFace
from aip.base import AipBase
from jobs import serve

PATHS = {
    name: urlparse(value).path
    for name, value in vars(AipFace).items()
    if name.startswith("_AipFace__") and isinstance(value, str) and value.startswith("https://")
}
kept = {}


def call(job):
    base = f"{job['protocol']}://{job['endpoint']}"
    AipBase._AipBase__accessTokenUrl = base + "/oauth/2.0/token"
    for name, path in PATHS.items():
        setattr(AipFace, name, base + path)
    client = kept.get(job.get("client")) or AipFace("app", job["key"], job["secret"])
    if "client" in job:
        kept[job["client"]] = client
        client._secretKey = job["secret"]
    if "path" in job:
        return client.post(base + job["path"], job["arguments"])
    return getattr(client, job.get("method", "match"))(*job["arguments"])


serve(call, lambda error: {})
