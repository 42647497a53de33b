"""What an error of an object store means, in words of ours.

obstore tells most errors by their text only, with the answer's body and its own internals below.
None of that is repeated: it may hold a signed URL, or the text that a signature was made of.
"""

import re
from dataclasses import dataclass

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

StorageErrors = (OSError, BaseError, ValueError)
"""What obstore raises: built-in errors where one fits (ValueError for a path), or its own."""

OF_THE_MACHINE = (
    "the role of this machine",
    "the managed identity of this machine",
    "the service account of this machine",
)
"""The credentials that are tried last, because nothing else was found."""

AGAIN = "it is tried again in the next cycle"
_STATUS = re.compile(r"status code: ([0-9]{3})")
_CODE = re.compile(r"<Code>([A-Za-z0-9_.]{1,64})</Code>")
_EXPECTED_REGION = re.compile(r"expecting '([a-z0-9-]{1,32})'")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
_EXPIRED = ("ExpiredToken", "TokenRefreshRequired", "ExpiredTokenException", "RequestExpired")
_WRONG = (
    *("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "AuthenticationFailed"),
    *("InvalidClientTokenId", "InvalidAuthenticationInfo", "AuthenticationRequired"),
    *("NoAuthenticationInformation", "InvalidSecurity", "Unauthorized"),
)
_THROTTLED = (
    *("SlowDown", "TooManyRequests", "Throttling", "ThrottlingException", "RequestLimitExceeded"),
    *("ServerBusy", "OperationTimedOut"),
)
_REGION = (
    *("AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect"),
    *("IllegalLocationConstraintException", "InvalidRegion"),
)
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "FilesystemNotFound", "InvalidBucketName")
# Markers of obstore's internals, and what they mean.
_BELOW_HTTP = (
    (("Connection refused", "ConnectionRefused"), "the connection was refused", "endpoint"),
    (("dns error", "failed to lookup address", "NameResolution"), "its host has no address", "dns"),
    (("UnknownIssuer", "invalid peer certificate", "CaUsedAsEndEntity"), "certificate", "tls"),
    (("InvalidContentType", "CorruptMessage"), "it does not speak TLS", "scheme"),
    (("TimedOut", "Timeout", "operation timed out", "deadline"), "it did not answer", "slow"),
    (("body error", "IncompleteBody", "unexpected EOF"), "its answer broke off", "network"),
    (("IncompleteMessage", "ConnectionReset", "BrokenPipe"), "the connection broke", "network"),
    (("error sending request",), "the connection failed", "network"),
)
_MENDS = {
    "endpoint": "see whether the store runs, and check its endpoint and proxy",
    "dns": "check the endpoint, the region and the name of the account or bucket",
    "scheme": "check whether the endpoint begins with http:// rather than https://",
    "slow": "see why the store is slow; read_timeout and connect_timeout say how long to wait",
    "network": "see whether the store and the way to it are well",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, as the end of a sentence, and the mend.

    `denied` when a credential was refused, `lacking` when there is none, `bucket` when the bucket
    itself is missing, `of_file` when the file is not what it should be; the storage is well then.
    """

    what: str
    mend: str
    denied: bool = False
    lacking: bool = False
    bucket: bool = False
    of_file: bool = False


def failed(error: Exception) -> bool:
    """Whether a remote store failed or refused, rather than the file being not as expected."""
    text = str(error)
    status = _found(_STATUS, text)
    return isinstance(error, BaseError) and ("HTTP error" in text or status not in ("", "416"))


def diagnosed(error: Exception, credential: str = "the credential") -> Trouble:
    """What an error of a remote store means; `credential` says in words which one was used."""
    text = str(error)
    status, code = _found(_STATUS, text), _found(_CODE, text)
    if not status and (trouble := _without_answer(text, credential)):
        return trouble
    said = " ".join(part for part in (status, code) if part)
    if status and _is_of_credentials(text):
        return _no_token(credential, said)
    if trouble := _of_code(code, said, text, credential):
        return trouble
    return _of_status(status, said, error, credential)


def _of_code(code: str, said: str, text: str, credential: str) -> Trouble | None:
    if code in _EXPIRED or "not valid in the specified time frame" in text:
        mend = "renew it, or give one that renews itself (a role, a managed identity)"
        return Trouble(f"{credential} has expired ({said})", mend, denied=True)
    if code in _WRONG:
        return _refused(credential, said)
    if code == "RequestTimeTooSkewed":
        return Trouble(f"this machine's clock is wrong ({said})", "set it by NTP", denied=True)
    if code in _THROTTLED:
        return _throttled(said)
    if code in _REGION:
        return _other_region(said, _found(_EXPECTED_REGION, text))
    if code in _NO_BUCKET:
        mend = "check the URI, the region and the endpoint"
        return Trouble(f"there is no such bucket or container ({said})", mend, bucket=True)
    if code.startswith("KMS"):
        mend = "grant it the use of the key (kms:Decrypt), and see that the key is enabled"
        return Trouble(f"{credential} may not use the key of the bucket ({said})", mend)
    return None


def _of_status(status: str, said: str, error: Exception, credential: str) -> Trouble:
    if status == "401" or isinstance(error, UnauthenticatedError):
        return _refused(credential, said or "401")
    if status == "403" or isinstance(error, PermissionError | PermissionDeniedError):
        mend = "grant it read and list access (in a bucket whose requester pays, set request_payer)"
        return Trouble(f"{credential} has no permission ({said or '403'})", mend, denied=True)
    if status == "429":
        return _throttled(said)
    if status == "416":
        return Trouble(
            f"it is shorter than the log says ({said})", "restore the file", of_file=True
        )
    if status == "404":
        return Trouble(f"it is not there ({said})", "check the URI and the endpoint")
    if status.startswith("5") or status == "408":
        return Trouble(f"the store failed ({said})", AGAIN)
    if status:
        return Trouble(f"the store refused ({said})", "check the endpoint and storage_options")
    first = _URL.sub("(URL)", str(error).strip().partition("\n")[0])[:200]
    return Trouble(first or type(error).__name__, f"check the storage; {AGAIN}")


def _without_answer(text: str, credential: str) -> Trouble | None:
    """What went wrong before there was an answer, or within it."""
    if "redirect without LOCATION" in text:
        return _other_region("redirect", "")
    if "URL scheme is not allowed" in text or "BadScheme" in text:
        mend = "give one that begins with https://, or set allow_http to true"
        return Trouble("its endpoint is plain http, which is not allowed", mend)
    if "credential provider" in text:
        mend = "log in again (aws sso login), or check it with: aws sts get-caller-identity"
        return Trouble(f"{credential} gives no credentials", mend, denied=True)
    if _is_of_credentials(text):
        return _no_token(credential, "")
    for markers, what, kind in _BELOW_HTTP:
        if any(marker in text for marker in markers):
            if kind == "tls":
                mend = "give the certificate of its authority: root_certificate: file:PATH"
                return Trouble("its certificate is not trusted", mend)
            return Trouble(what, f"{_MENDS[kind]}; {AGAIN}")
    return None


def _is_of_credentials(text: str) -> bool:
    """Whether it was the service that hands out credentials that failed."""
    head = text.partition("Debug source")[0]
    return any(
        marker in head
        for marker in ("token request", "/latest/api/token", "iam/security-credentials", "169.254.")
    )


def _no_token(credential: str, said: str) -> Trouble:
    if credential not in OF_THE_MACHINE:
        why = f" ({said})" if said else ""
        mend = "check that it was not revoked, and that the service that checks it can be reached"
        return Trouble(f"{credential} was given no token{why}", mend, denied=True)
    where = f"of this machine ({said})" if said else "of this machine"
    return Trouble(
        f"there are no credentials, neither in storage_options nor in the environment {where}",
        "give an access key, a token or a profile in storage_options, give this machine a role, "
        "or set skip_signature for a public bucket",
        denied=True,
        lacking=True,
    )


def _refused(credential: str, said: str) -> Trouble:
    mend = "check that it is of this account and endpoint, and that it was not revoked"
    return Trouble(f"the store refused {credential} ({said})", mend, denied=True)


def _throttled(said: str) -> Trouble:
    mend = "read fewer tables at once or less often (run.concurrency, schedule)"
    return Trouble(f"the store throttles ({said})", f"{mend}; {AGAIN}")


def _other_region(said: str, region: str) -> Trouble:
    mend = f"set aws_region to {region}" if region else "set aws_region to the bucket's region"
    return Trouble(f"the bucket is in another region ({said})", mend)


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""
