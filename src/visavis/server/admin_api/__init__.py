"""The administrators' REST API: accounts, their keys and packages. Whoever may call it has been let in already."""

from visavis.server.admin_api.errors import ERRORS, error_body
from visavis.server.admin_api.routes import PREFIX, create_admin_api

__all__ = ["ERRORS", "PREFIX", "create_admin_api", "error_body"]
