"""The kinds of refusal that every edge knows how to answer; each refusal of this app is one of them."""

from teams.values import TeamsError


class NotSignedIn(TeamsError):
    """Sign in, or send an API token as `Authorization: Bearer ...`."""

    code = "not_signed_in"


class NotAllowed(TeamsError):
    """Your role in this team does not allow this. Ask an admin of the team."""

    code = "not_allowed"


class NotFound(TeamsError):
    """There is nothing here by that name, or it belongs to another team."""

    code = "not_found"


class Conflict(TeamsError):
    """Something else happened first. Look at the present state and try again."""

    code = "conflict"


class WrongInput(TeamsError):
    """This value cannot be used."""

    code = "wrong_input"
