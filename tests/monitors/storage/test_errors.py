"""Errors of object stores in words: what is wrong, the mend, and nothing that was secret."""

import pytest
from obstore.exceptions import GenericError, PermissionDeniedError, UnauthenticatedError

from monitors.storage.errors import diagnosed, failed

ANSWER = (
    "Generic {store} error: Error performing GET https://h/b?sig=hunter2 in 1ms - Server returned "
    "non-2xx status code: {status}: <?xml version='1.0'?>\n<Error><Code>{code}</Code>"
    "<Message>{message}</Message></Error>\n\nDebug source:\nGeneric {{ hunter2 }}"
)


def answered(status: str, code: str, message: str = "hunter2") -> GenericError:
    return GenericError(ANSWER.format(store="S3", status=status, code=code, message=message))


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (answered("403 Forbidden", "AuthenticationFailed"), "the store refused X (403 "),
        (
            answered(
                "403 Forbidden",
                "AuthenticationFailed",
                "Signature not valid in the specified time frame: Start - Expiry",
            ),
            "X has expired (403 AuthenticationFailed)",
        ),
        (
            answered("403 Forbidden", "AuthorizationPermissionMismatch"),
            "X has no permission (403 AuthorizationPermissionMismatch)",
        ),
        (answered("503 Service Unavailable", "ServerBusy"), "the store throttles (503 ServerBusy)"),
        (answered("404 Not Found", "ContainerNotFound"), "there is no such bucket or container"),
        (answered("400 Bad Request", "KMS.DisabledException"), "X may not use the key"),
        (answered("418 I'm a teapot", "Teapot"), "the store refused (418 Teapot)"),
        (answered("416 Range Not Satisfiable", "InvalidRange"), "it is shorter than the log says"),
        (UnauthenticatedError("401"), "the store refused X (401)"),
        (PermissionDeniedError("denied"), "X has no permission (403)"),
        (
            GenericError('error sending request\n\nDebug source: ConnectError("dns error")'),
            "its host has no address",
        ),
        (
            GenericError("Error performing token request: Error performing GET http://169.254.1.1"),
            "there are no credentials, neither in storage_options nor in the environment",
        ),
        (
            GenericError("Error performing token request: non-2xx status code: 401 Unauthorized"),
            "X was given no token (401)",
        ),
        (
            UnauthenticatedError("External AWS credential provider: hunter2 has expired"),
            "X gives no credentials",
        ),
        (GenericError("odd: https://h/b?sig=hunter2 broke"), "odd: (URL) broke"),
    ],
)
def test_an_error_is_told_in_words_of_ours(error: Exception, what: str) -> None:
    trouble = diagnosed(error, "the role of this machine" if "169.254" in str(error) else "X")
    assert trouble.what.startswith(what)
    assert trouble.mend
    assert "hunter2" not in trouble.what + trouble.mend


def test_only_a_store_that_failed_is_told_from_a_file_that_is_not_as_expected() -> None:
    assert failed(answered("503 Service Unavailable", "SlowDown"))
    assert failed(GenericError("Generic S3 error: HTTP error: request or response body error"))
    assert not failed(answered("416 Range Not Satisfiable", "InvalidRange"))
    assert not failed(GenericError("Generic LocalFileSystem error: x"))
    assert not failed(ValueError("x"))


def test_a_refused_credential_is_marked_so_that_it_is_looked_up_anew() -> None:
    assert diagnosed(answered("403 Forbidden", "ExpiredToken")).denied
    assert not diagnosed(answered("503 Service Unavailable", "SlowDown")).denied
