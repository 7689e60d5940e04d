# mypy: ignore-errors
"""One job a line on standard input, one result a line on standard output: so one process makes many calls."""

import json
import sys


def serve(do_job, describe_failure):
    """Do jobs until standard input ends; what a kit raises is its result, told by `describe_failure`."""
    results = sys.stdout
    sys.stdout = sys.stderr  # What a kit prints is no result.
    for line in sys.stdin:
        try:
            result = {"value": do_job(json.loads(line))}
        except Exception as error:
            described = {"code": None, "message": str(error), **describe_failure(error)}
            result = {"failure": {"type": type(error).__name__, **described}}
        results.write(json.dumps(result) + "\n")
        results.flush()
