import pytest

from parley.customers.connectors.email.authenticity import judge

OURS = ["mx.fernhill.example"]


def verdict(*headers: tuple[str, str], sender: str = "example.org", several: bool = False) -> str:
    return judge([(name.lower(), value) for name, value in headers], OURS, sender, several_from=several).verdict


def results(text: str, server: str = "mx.fernhill.example") -> tuple[str, str]:
    return "Authentication-Results", f"{server}; {text}"


RECEIVED = ("Received", "from x by mx.fernhill.example")
PASS = results("dmarc=pass (p=REJECT) header.from=example.org")
FAIL = results("dmarc=fail (p=NONE) header.from=example.org")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dmarc=pass header.from=example.org", "passed"),
        ("DMARC=Pass (policy=none) header.from=EXAMPLE.org", "passed"),
        ("dmarc=pass header.from=evil.example", "unknown"),
        ("dmarc=fail header.from=example.org; dkim=pass header.d=example.org", "failed"),
        ("dkim=pass header.d=example.org", "passed"),
        ("dkim=pass (2048-bit key; unprotected) header.i=@example.org header.s=k", "passed"),
        ("dkim=pass header.d=lists.example", "unknown"),
        ("dkim=pass header.d=sub.example.org", "unknown"),
        ("dkim=pass header.d=org", "unknown"),
        ("dkim=pass header.d=evil-example.org", "unknown"),
        ("spf=pass smtp.mailfrom=anna@example.org", "passed"),
        ("spf=pass smtp.mailfrom=bounces.evil.example", "unknown"),
        ("spf=fail smtp.mailfrom=example.org", "failed"),
        ("spf=softfail smtp.mailfrom=example.org", "unknown"),
        ("dkim=fail header.d=example.org; spf=none", "failed"),
        ("dkim=fail header.d=example.org; spf=pass smtp.mailfrom=example.org", "passed"),
        ("dkim=pass header.d=example.org; spf=fail smtp.mailfrom=forwarder.example", "passed"),
        ("none", "unknown"),
        ("", "unknown"),
        ("dmarc=pass (a (nested) comment; dmarc=fail) header.from=example.org", "passed"),
    ],
)
def test_what_our_server_found_is_what_counts(text: str, expected: str) -> None:
    assert verdict(results(text)) == expected


def test_a_result_the_sender_wrote_is_not_believed() -> None:
    forged = results("dmarc=pass header.from=example.org")
    assert verdict(FAIL, RECEIVED, forged) == "failed"
    assert verdict(results("spf=none"), RECEIVED, forged) == "unknown"
    assert verdict(results("dmarc=pass header.from=example.org", server="mx.evil.example")) == "unknown"
    assert verdict(results("dmarc=pass header.from=example.org", server="mx.evil.example"), FAIL) == "failed"
    assert verdict(FAIL, ("Subject", "x"), forged) == "failed"
    assert verdict(FAIL, results("x=y", server="relay.example"), forged) == "failed"
    assert verdict(PASS, RECEIVED, ("From", "x")) == "passed"


def test_several_headers_of_our_server_side_by_side_count_together() -> None:
    dkim, dmarc = results("dkim=pass header.d=example.org"), results("dmarc=pass header.from=example.org")
    assert (
        judge([(n.lower(), v) for n, v in (dmarc, ("Received-SPF", "pass"), dkim)], OURS, "example.org").dkim == "pass"
    )


def test_nothing_is_proven_without_a_trusted_server_or_with_two_senders() -> None:
    assert judge([("authentication-results", PASS[1])], [], "example.org").verdict == "unknown"
    assert verdict(PASS, several=True) == "unknown"
    assert verdict(FAIL, several=True) == "failed"
