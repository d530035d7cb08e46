"""A token holds when an authority signed it over our statement; each thing that may be wrong has its own code."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import stamp_certificates, stamp_token
from storage.errors import StampRefused, StampUntrusted
from tests.authority import NAME, POLICY, Authority, Made, make_root, make_signer

STATEMENT = b"a checkpoint and its signature"
DATA = Path(__file__).parents[1] / "data" / "stamps"
ROOT = make_root()
DAY = timedelta(days=1)


def token_of(authority: Authority, **faults: object) -> bytes:
    authority.misbehave(**faults)
    return authority.token(stamp_token.imprint(STATEMENT), nonce=7)


def check(content: bytes, trusted: list[x509.Certificate], statement: bytes = STATEMENT) -> list[str]:
    """The names on the path to a trusted certificate."""
    token = stamp_token.read(content)
    signer = stamp_token.check(token, statement, trusted)
    found = stamp_certificates.path(signer, token.certificates, trusted, token.at)
    return [stamp_certificates.name(each) for each in found]


@pytest.mark.parametrize("kind", ["ec", "rsa", "ed25519"])
@pytest.mark.parametrize(
    "faults", [{}, {"digest": "sha384"}, {"digest": "sha512"}, {"v1_binding": True}, {"key_identifier": True}]
)
def test_tokens_that_hold(kind: str, faults: dict[str, object]) -> None:
    authority = Authority(ROOT, make_signer(ROOT, kind=kind))
    assert check(token_of(authority, **faults), [ROOT.certificate]) == [NAME, "测试根"]


def test_what_openssl_made_holds() -> None:
    """By `openssl ts -reply`, with an authority between and every optional field."""
    content, trusted = (DATA / "openssl.tst").read_bytes(), (DATA / "openssl-root.pem").read_bytes()
    assert check(content, stamp_certificates.load_all(trusted), b"huilu") == ["Stamp", "Middle", "Root"]
    token = stamp_token.read(content)
    assert (token.policy, token.nonce, token.at.microsecond) == (POLICY, 9091126178104466441, 914000)


def test_the_signers_own_certificate_may_be_the_one_that_is_trusted() -> None:
    authority = Authority(ROOT, make_signer(None))
    content = authority.token(stamp_token.imprint(STATEMENT), with_certificates=False)
    assert check(content, [authority.signer.certificate]) == [NAME]


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ({"imprint": b"\x01" * 32}, "stamp.of-another"),
        ({"imprint": b"\x01" * 20}, "stamp.of-another"),
        ({"signed_by": make_signer(ROOT)}, "stamp.forged"),
        ({"signed_by": make_signer(ROOT, kind="rsa")}, "stamp.algorithm"),
        ({"bound_to": make_signer(ROOT)}, "stamp.certificate"),
        ({"no_binding": True}, "stamp.certificate"),
        ({"digest": "sha1"}, "stamp.algorithm"),
        ({"off": 301 * DAY}, "stamp.certificate"),
        ({"off": -401 * DAY}, "stamp.certificate"),
    ],
)
def test_what_is_wrong_has_a_code(faults: dict[str, object], code: str) -> None:
    with pytest.raises(StampRefused) as caught:
        check(token_of(Authority(ROOT), **faults), [ROOT.certificate])
    assert caught.value.code == code


@pytest.mark.parametrize(
    "signer",
    [
        make_signer(ROOT, critical=False),
        make_signer(ROOT, usages=()),
        make_signer(ROOT, usages=(ExtendedKeyUsageOID.SERVER_AUTH,)),
        make_signer(ROOT, usages=(ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)),
        make_signer(ROOT, until=-DAY),
        make_signer(ROOT, more=((x509.KeyUsage(*[False] * 5, True, *[False] * 3), True),)),
    ],
    ids=["not critical", "no usage", "a server's", "two usages", "expired", "may not sign"],
)
@pytest.mark.parametrize("pinned", [False, True])
def test_certificates_that_are_not_for_stamps(signer: Made, pinned: bool) -> None:
    """Also where the county itself says that it trusts them."""
    with pytest.raises(StampRefused) as caught:
        check(token_of(Authority(ROOT, signer)), [signer.certificate if pinned else ROOT.certificate])
    assert caught.value.code == "stamp.certificate"


def test_paths_over_authorities_between() -> None:
    first = make_root("一级", ROOT)
    second = make_root("二级", first)
    authority = Authority(ROOT, make_signer(second), between=(second, first))
    assert check(token_of(authority), [ROOT.certificate]) == [NAME, "二级", "一级", "测试根"]
    assert check(token_of(authority), [make_root().certificate, first.certificate]) == [NAME, "二级", "一级"]


def test_a_name_is_no_more_than_a_name() -> None:
    """It is printed on terminals by `huilu verify`."""
    made = make_root("结论：可信。\n\x1b[2J\u202e")
    assert stamp_certificates.name(made.certificate) == "结论：可信。??[2J?"


OTHER = make_root("测试根")  # the same name, another key
SHORT = make_root("短", path_length=0)
BELOW_SHORT = make_root("短之下", SHORT)
NONE = make_root("不是机构", ROOT, ca=False)
CONSTRAINED = (x509.NameConstraints([x509.DNSName("gov.cn")], None), True)


@pytest.mark.parametrize(
    ("signer", "between", "trusted"),
    [
        (make_signer(ROOT), (), OTHER),
        (make_signer(OTHER), (OTHER,), ROOT),
        (make_signer(None), (), ROOT),
        (make_signer(BELOW_SHORT), (BELOW_SHORT,), SHORT),
        (make_signer(NONE), (NONE,), ROOT),
        (make_signer(ROOT, more=(CONSTRAINED,)), (), ROOT),
        (make_signer(make_root("缺", ROOT)), (), ROOT),
    ],
    ids=["another root", "a root sent along", "signed itself", "path too long", "no authority", "critical and unknown",
         "one missing"],
)  # fmt: skip
def test_paths_that_lead_nowhere(signer: Made, between: tuple[Made, ...], trusted: Made) -> None:
    with pytest.raises(StampUntrusted):
        check(token_of(Authority(ROOT, signer, between=between)), [trusted.certificate])


def test_a_hundred_that_signed_one_another_have_an_end() -> None:
    """A path is looked for once over each, not over all their orders."""
    first = make_root("环")
    ring = tuple(Made(make_root("环", first).certificate, first.key) for _ in range(100))
    token = stamp_token.read(token_of(Authority(ROOT, make_signer(first), between=ring)))
    with pytest.raises(StampUntrusted):
        stamp_certificates.path(token.certificates[0], token.certificates, [ROOT.certificate], token.at)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_flip_never_makes_another_time(data: st.DataObject) -> None:
    """Any byte of a token, changed: refused with a code, or the same statement at the same time by the same signer."""
    authority = Authority(ROOT, SIGNER)
    content = bytearray(TOKEN)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        token = stamp_token.read(bytes(content))
        signer = stamp_token.check(token, STATEMENT, [authority.signer.certificate])
    except StampRefused:
        return
    whole = stamp_token.read(TOKEN)
    assert (token.content, token.at, signer) == (whole.content, whole.at, authority.signer.certificate)


SIGNER = make_signer(ROOT)
TOKEN = Authority(ROOT, SIGNER).token(stamp_token.imprint(STATEMENT), nonce=7)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_in_words(content: bytes) -> None:
    with pytest.raises(StampRefused):
        stamp_token.read(content)


def test_what_is_too_long_is_not_read() -> None:
    with pytest.raises(StampRefused, match="bytes"):
        stamp_token.read(b"\x30" * (stamp_token.MAX_BYTES + 1))
