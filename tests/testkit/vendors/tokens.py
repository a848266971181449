"""The token endpoints of Box and Dropbox (RFC 6749, 6, and the vendors' own pages).

https://developer.box.com/reference/post-oauth2-token (a refresh token is void once it was used) and
https://developers.dropbox.com/oauth-guide (one lasts until it is revoked)
"""

from testkit.https_server import Answer, Received
from testkit.vendors.api import Refused, as_json, form_of

CLIENT_ID, CLIENT_SECRET, REFRESH = "client-of-ours", "client-secret", "refresh-0"


class Issuer:
    """Gives access-1, access-2 and so on; with `single_use` refresh tokens change as well."""

    def __init__(self, *, single_use: bool) -> None:
        self.single_use = single_use
        self.given = 0
        self.seconds = 3600

    @property
    def access(self) -> str:
        return f"access-{self.given}"

    @property
    def refresh(self) -> str:
        return f"refresh-{self.given if self.single_use else 0}"

    def __call__(self, request: Received) -> Answer:
        form = form_of(request)
        assert form.keys() == {"grant_type", "refresh_token", "client_id", "client_secret"}
        assert form["grant_type"] == "refresh_token"
        if (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            raise Refused(as_json(400, {"error": "invalid_client"}))
        if form["refresh_token"] != self.refresh:
            said = {"error": "invalid_grant", "error_description": "Refresh token has expired"}
            raise Refused(as_json(400, said))
        self.given += 1
        token = {"access_token": self.access, "expires_in": self.seconds, "token_type": "bearer"}
        return as_json(200, token | ({"refresh_token": self.refresh} if self.single_use else {}))
