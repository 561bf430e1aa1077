"""What can go wrong while signing in, said in words."""

from parley.kit.errors import Conflict, Problem, Unavailable


class AccountClosed(Problem):
    """403: the person was deactivated."""

    status = 403
    code = "account_closed"
    sentence = "This account was closed. If that is a mistake, ask your IT team."


class LinkSpent(Problem):
    """410: a sign-in link that was used, is too old, or never was."""

    status = 410
    code = "link_spent"
    sentence = "This link was used already or is older than ten minutes. Ask for a new one."


class SignInRefused(Problem):
    """403: a provider's answer that signs nobody in; `reason` is the stable word for the audit log."""

    status = 403
    code = "sign_in_refused"
    sentence = "The sign-in service gave an answer that cannot be trusted. Nobody was signed in."

    def __init__(self, reason: str, sentence: str | None = None, **values: object) -> None:
        """Take the reason for the log and, where a person can do something about it, a sentence."""
        super().__init__(sentence, code=None, fields=None, **values)
        self.reason = reason


class ProviderAway(Unavailable):
    """503: a sign-in service that does not answer."""

    code = "provider_away"
    sentence = "The sign-in service of your company does not answer. Please try again in a moment."


class LastAdmin(Conflict):
    """409: the one administrator who must remain."""

    code = "last_admin"
    sentence = "This is the last IT admin. Make somebody else IT admin first."
