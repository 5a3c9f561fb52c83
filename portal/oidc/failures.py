"""What can go wrong with a provider, as a sentence for whoever stands at the door.

The sentence has no secret and nothing the provider wrote but its error code.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import MismatchingStateError
from joserfc import errors as jose

from portal.oidc import SignInFailed
from portal.outgoing import OutsideFailed, problem_of

log = structlog.stdlib.get_logger("countersign.oidc")

OTHER_BROWSER = (
    "This answer belongs to no sign-in that was begun in this browser, or to one begun too long "
    "ago. Begin again, and use one window."
)
_CODES = {
    "access_denied": "it was cancelled there, or you are not assigned to this application",
    "login_required": "it wants you to sign in there first",
    "invalid_client": "it does not know this application, or its secret has changed or expired",
    "unauthorized_client": "it does not allow this application this way of signing in",
    "invalid_scope": "it does not know one of the scopes that were asked for",
    "invalid_grant": "its code was used already or is too old",
    "temporarily_unavailable": "it is not available just now",
    "server_error": "something went wrong there",
}
_CLAIMS = {
    "nonce": "it answers another sign-in than this one",
    "aud": "it is meant for another application",
    "azp": "it is meant for another application",
    "iss": "it comes from another issuer",
    "at_hash": "it belongs to another token",
}
_BUGS_OF_OTHERS = (ValueError, TypeError, KeyError, AttributeError, RuntimeError, RecursionError)


@contextmanager
def understood(provider: str) -> Iterator[None]:
    """Turn whatever a provider makes go wrong within into SignInFailed."""
    try:
        yield
    except (AuthlibBaseError, jose.JoseError, OutsideFailed) as error:
        log.warning("provider refused", kind=type(error).__name__)
        raise SignInFailed(_sentence(provider, error)) from error
    except _BUGS_OF_OTHERS as error:
        log.warning("provider not understood", kind=type(error).__name__, exc_info=error)
        raise SignInFailed(f"What {provider} answered could not be understood.") from error


def _sentence(provider: str, error: Exception) -> str:
    if isinstance(error, OutsideFailed):
        return f"{provider} could not be asked. {problem_of(error)}"
    if isinstance(error, MismatchingStateError):
        return OTHER_BROWSER
    if isinstance(error, jose.JoseError):
        return f"What {provider} says of you cannot be believed: {_doubt(error)}."
    code = re.sub(r"[^a-z_]", "", str(getattr(error, "error", "") or ""))[:40]
    return f"{provider} did not sign you in: {_CODES.get(code, code or 'it did not say why')}."


def _doubt(error: jose.JoseError) -> str:
    claim = str(getattr(error, "claim", "") or "")
    if isinstance(error, jose.ExpiredTokenError):
        return "it has expired; the clock of one of the two may be wrong"
    if isinstance(error, jose.BadSignatureError | jose.InvalidKeyIdError):
        return "it is not signed by one of the keys of the provider"
    if isinstance(error, jose.UnsupportedAlgorithmError):
        return "it is not signed in a way that is accepted"
    if isinstance(error, jose.MissingClaimError):
        return f"the claim {claim or 'it needs'} is missing"
    return _CLAIMS.get(claim, "it is not what was asked for")
