"""Codes of an authenticator app: the standard's own vectors, the window, and that no code is taken twice."""

import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.second_factor import FactorRule, read_rule
from api.domain.totp import DRIFT, accepted, address, code_at, is_code, secret_text, step_of, typed

# RFC 6238, appendix B; the secrets are as long as each hash gives (its errata 2866).
SECRETS = {"sha1": b"12345678901234567890", "sha256": b"12345678901234567890123456789012",
           "sha512": b"1234567890123456789012345678901234567890123456789012345678901234"}  # fmt: skip
VECTORS = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
steps = st.integers(min_value=DRIFT, max_value=1 << 40)
secrets = st.binary(min_size=16, max_size=32)


@pytest.mark.parametrize(("at", "sha1", "sha256", "sha512"), VECTORS)
def test_the_standards_vectors(at: int, sha1: str, sha256: str, sha512: str) -> None:
    found = [code_at(secret, step_of(at), 8, name) for name, secret in SECRETS.items()]
    assert found == [sha1, sha256, sha512]
    assert code_at(SECRETS["sha1"], step_of(at)) == sha1[-6:]


@given(secrets, steps, st.integers(min_value=-5, max_value=5))
def test_a_code_holds_in_its_own_step_and_one_on_either_side(secret: bytes, now: int, off: int) -> None:
    step = max(0, now + off)
    took = accepted(secret, code_at(secret, step), now, -1)
    near = [now + each for each in (-1, 0, 1)]
    # Two steps may have one code by chance: what is taken is one that has it, always a near one.
    alike = [each for each in near if code_at(secret, each) == code_at(secret, step)]
    assert took == (alike[-1] if alike else None)
    assert (took is not None) or step not in near


@given(secrets, st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2)), max_size=30), steps)
def test_no_code_is_taken_twice_and_the_last_step_only_grows(
    secret: bytes, tries: list[tuple[int, int]], start: int
) -> None:
    now, last, taken = start, -1, []
    for forward, off in tries:
        now += forward
        step = accepted(secret, code_at(secret, max(0, now + off)), now, last)
        if step is not None:
            assert step > last
            taken.append(step)
            last = step
    assert len(taken) == len(set(taken))


@given(secrets, steps, st.text(max_size=12))
def test_nothing_else_is_taken(secret: bytes, now: int, code: str) -> None:
    right = {code_at(secret, now + off) for off in (-1, 0, 1)}
    assert (accepted(secret, code, now, -1) is not None) is (code in right)


def test_it_is_read_as_it_was_meant() -> None:
    assert typed(" 123 456 ") == typed("１２３４５６") == "123456"
    assert typed("ABCDE-fghij") == "abcdefghij"
    assert is_code("123456")
    assert not is_code("12345")
    assert not is_code("abcdef")


@given(secrets, st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable()))
def test_an_app_reads_the_secret_from_the_address(secret: bytes, account: str) -> None:
    read = urlsplit(address(secret, account, "会录"))
    said = parse_qs(read.query)
    padded = said["secret"][0] + "=" * (-len(said["secret"][0]) % 8)
    assert (read.scheme, read.netloc, base64.b32decode(padded)) == ("otpauth", "totp", secret)
    assert unquote(read.path) == f"/会录:{account}"
    assert said["issuer"] == ["会录"]
    assert secret_text(secret).replace(" ", "") == said["secret"][0]


def test_the_setting_says_who_must() -> None:
    known = {"admin", "auditor", "member"}
    assert read_rule("off", known) == FactorRule(offered=False)
    assert read_rule("offered", known) == FactorRule()
    some = read_rule(" admin , auditor", known)
    assert [some.of(roles) for roles in (["member", "admin"], ["member"], [])] == ["required", "offered", "offered"]
    assert read_rule("off").of(["admin"]) == "off"
    for wrong in ("", "on", "admin,king", "off,admin", ","):
        with pytest.raises(ValueError):
            read_rule(wrong, known)
