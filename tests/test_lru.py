"""Least-recently-used dictionary, against a list of keys in the order of their last use."""

from hypothesis import given
from hypothesis import strategies as st

from resnet_viz.lru import LruDict

USES = st.lists(st.tuples(st.booleans(), st.integers(0, 6)))


@given(USES, st.integers(1, 5))
def test_the_newest_uses_stay(uses: list[tuple[bool, int]], most: int) -> None:
    cache: LruDict[int, int] = LruDict(most)
    order: list[int] = []
    for is_write, key in uses:
        made: list[int] = []
        if is_write:
            cache[key] = -key
        else:
            assert cache.fetch(key, lambda key=key, made=made: made.append(key) or -key) == -key  # type: ignore[misc]
            assert made == ([] if key in order else [key])
        order = [*(k for k in order if k != key), key][-most:]
        assert list(cache) == order
