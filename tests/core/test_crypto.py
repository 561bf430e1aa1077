import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core import crypto
from parley.core.crypto import Sealer, Unsealable, derive

OLD, NEW, OTHER = (derive(secret, "seal") for secret in (b"old", b"new", b"other"))
CONTEXT = "source:7:password"


@given(st.text(), st.text())
def test_what_is_sealed_opens_again(plain: str, context: str) -> None:
    if not (plain + context).isprintable():
        plain, context = ascii(plain), ascii(context)
    assert Sealer([NEW]).unseal(Sealer([NEW]).seal(plain, context), context) == plain


def test_a_seal_hides_and_differs_each_time() -> None:
    sealer = Sealer([NEW])
    one, other = sealer.seal("hunter2", CONTEXT), sealer.seal("hunter2", CONTEXT)
    assert one != other
    assert "hunter2" not in one
    assert base64.urlsafe_b64encode(b"hunter2").decode()[:6] not in one


def test_a_seal_belongs_to_its_place() -> None:
    sealed = Sealer([NEW]).seal("hunter2", CONTEXT)
    assert Sealer([NEW]).unseal(sealed, CONTEXT) == "hunter2"
    for elsewhere in ("source:8:password", "source:7:token", ""):
        with pytest.raises(Unsealable):
            Sealer([NEW]).unseal(sealed, elsewhere)


def test_keys_are_rotated() -> None:
    before, during, after, foreign = Sealer([OLD]), Sealer([NEW, OLD]), Sealer([NEW]), Sealer([OTHER])
    sealed = before.seal("hunter2", CONTEXT)
    assert not before.needs_reseal(sealed)
    assert during.needs_reseal(sealed)
    again = during.seal(during.unseal(sealed, CONTEXT), CONTEXT)
    assert not during.needs_reseal(again)
    assert after.unseal(again, CONTEXT) == "hunter2"
    for sealer, text in ((after, sealed), (foreign, again)):
        with pytest.raises(Unsealable):
            sealer.unseal(text, CONTEXT)


@given(st.data())
def test_one_changed_character_breaks_a_seal(data: st.DataObject) -> None:
    sealer = Sealer([NEW])
    sealed = sealer.seal("hunter2", CONTEXT)
    place = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.characters().filter(lambda character: character != sealed[place]))
    with pytest.raises(Unsealable):
        sealer.unseal(sealed[:place] + other + sealed[place + 1 :], CONTEXT)


@pytest.mark.parametrize(
    "text", ["", "s1", "s1::", "s2:00000000:AAAA", "s1:00000000:AAAA", ":" * 9, "s1:x:é", "\ud800"]
)
def test_what_is_no_seal_is_refused(text: str) -> None:
    with pytest.raises(Unsealable):
        Sealer([NEW]).unseal(text, CONTEXT)


def test_a_seal_is_written_in_one_way_only() -> None:
    """The last character of 35 bytes in base64 has two bits to spare."""
    sealed = Sealer([NEW]).seal("hunter2", CONTEXT)
    assert sealed[-1] == "="
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for letter in alphabet.replace(sealed[-2], ""):
        with pytest.raises(Unsealable):
            Sealer([NEW]).unseal(sealed[:-2] + letter + "=", CONTEXT)


def test_purposes_have_keys_of_their_own() -> None:
    assert derive(b"secret", "seal") == derive(b"secret", "seal")
    assert len({derive(b"secret", "seal"), derive(b"secret", "csrf"), derive(b"other", "seal")}) == 3
    assert len(derive(b"secret", "seal")) == 32


def test_tokens_have_256_bits_and_are_kept_as_hashes() -> None:
    token, hashed = crypto.new_token("parley_")
    assert token.startswith("parley_")
    assert len(base64.urlsafe_b64decode(token.removeprefix("parley_") + "=")) == 32
    assert token.isascii()
    assert hashed == crypto.hash_token(token) != token
    assert crypto.new_token()[0] != crypto.new_token()[0]


@given(st.text(), st.text())
def test_comparison_is_equality(one: str, other: str) -> None:
    assert crypto.same(one, one)
    assert crypto.same(one, other) == (one == other)


def test_half_a_surrogate_is_a_wrong_secret_and_no_error() -> None:
    assert not crypto.same("\ud800", "x")
    assert crypto.hash_token("\ud800") != crypto.hash_token("\ud801")
    assert not crypto.csrf_valid(NEW, "1", "\ud800")
    assert not crypto.check_password(crypto.hash_password("x"), "\ud800")


def test_signatures() -> None:
    signature = crypto.sign(NEW, "reply:7")
    assert crypto.verify(NEW, "reply:7", signature)
    assert len(signature) == 22
    for key, message, wrong in (
        (NEW, "reply:8", signature),
        (OLD, "reply:7", signature),
        (NEW, "reply:7", signature[:-1]),
    ):
        assert not crypto.verify(key, message, wrong)


def test_csrf_tokens_differ_each_time_and_belong_to_their_session() -> None:
    one, other = crypto.csrf_token(NEW, "12"), crypto.csrf_token(NEW, "12")
    assert one != other
    assert crypto.csrf_valid(NEW, "12", one)
    assert crypto.csrf_valid(NEW, "12", other)
    assert not crypto.csrf_valid(NEW, "13", one)
    assert not crypto.csrf_valid(OLD, "12", one)


def test_the_mask_is_over_every_byte() -> None:
    """No part of a token is the same in many of them, so a compressed page leaks none of it."""
    tokens = [base64.urlsafe_b64decode(crypto.csrf_token(NEW, "12")) for _ in range(64)]
    assert all(len({token[place] for token in tokens}) > 16 for place in range(64))


@pytest.mark.parametrize("change", [lambda token: token[:-4], lambda token: token + "AAAA", lambda token: token[:0], lambda token: "!" + token[1:],
                                    lambda token: token + "\n", lambda token: " " + token, lambda token: "é" * len(token)])  # fmt: skip
def test_what_is_no_csrf_token_is_refused(change) -> None:
    token = crypto.csrf_token(NEW, "12")
    assert crypto.csrf_valid(NEW, "12", token)
    assert not crypto.csrf_valid(NEW, "12", change(token))


def test_passwords() -> None:
    stored = crypto.hash_password("corréct horse")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert crypto.check_password(stored, "corréct horse")
    assert crypto.check_password(stored, "corre\u0301ct horse")
    assert not crypto.check_password(stored, "correct horse")
    assert not crypto.check_password("not a hash", "corréct horse")
    assert not crypto.password_needs_rehash(stored)
    assert crypto.password_needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$Jci7tUgTfaxsWJMOp+JyNA")


def test_nobody_has_no_password() -> None:
    assert not crypto.check_password(None, "")
    assert not crypto.check_password(None, "x")


def test_a_password_has_a_length() -> None:
    longest = "x" * crypto.MAX_PASSWORD
    stored = crypto.hash_password(longest)
    assert crypto.check_password(stored, longest)
    assert not crypto.check_password(stored, longest + "x")
    with pytest.raises(ValueError, match="longer"):
        crypto.hash_password(longest + "x")
