"""What a page's code says is read back as it was written, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.page_codes import HANDED_IN, BrokenPageCode, NoPageCode, PageCode, address, read, written

SITE = "https://huilu.example.gov.cn"
ID = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=26, max_size=26).map(lambda each: f"mtg_{each}")


@given(st.sampled_from(HANDED_IN), ID, st.integers(1, 99), st.integers(0, 98), st.integers(0))
def test_a_code_is_read_as_it_was_written_and_no_letter_of_it_may_be_another(
    kind: str, subject: str, number: int, more: int, at: int
) -> None:
    of = min(99, number + more)
    text = written(address(SITE, kind, subject), kind, subject, number, of)  # type: ignore[arg-type]
    assert read(text) == PageCode(kind, subject, number, of)  # type: ignore[arg-type]
    assert len(text) < 110, "short enough to be read off a photograph of a whole page"
    place = text.index("?p=") + 3 + at % (len(text) - text.index("?p=") - 3)
    other = "8" if text[place] != "8" else "3"
    with pytest.raises(BrokenPageCode):
        read(text[:place] + other + text[place + 1 :])


def test_a_code_printed_before_pages_had_numbers_names_its_paper() -> None:
    assert read(address(SITE, "minutes", "mtg_1")) == PageCode("minutes", "mtg_1")


@pytest.mark.parametrize("text", ["", "weixin://wxpay/bizpayurl?pr=1", "HUILU1 a b", f"{SITE}/recordings/rec_1?t=5000",
                                  f"{SITE}/public/abc", "13800000000"])  # fmt: skip
def test_other_codes_are_none_of_a_page(text: str) -> None:
    with pytest.raises(NoPageCode):
        read(text)


@pytest.mark.parametrize("tail", ["?p=1-2", "?p=2-1-AAAA", "?p=0-1-AAAA", "?p=1-1-aaaa", "?q=1", "/x", "?p=1-1-AAAA"])
def test_what_looks_like_one_and_is_none_is_refused(tail: str) -> None:
    with pytest.raises(BrokenPageCode):
        read(f"{SITE}/papers/roster/mtg_1{tail}")
