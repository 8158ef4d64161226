"""Route tables: what is read, what is refused, and the laws of lookup."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from xapps.platform.rmr.route_text import RouteEntry, batches, table_text, update_text
from xapps.platform.rmr.routes import RouteTableReader, TableAnswer, read_table

_NAMES = st.integers(1, 9).map(lambda n: f"host{n}:4560")
_GROUPS = st.lists(
    st.lists(_NAMES, min_size=1, max_size=3, unique=True).map(tuple), max_size=3
).map(tuple)
ENTRIES = st.lists(
    st.builds(RouteEntry, mtype=st.integers(0, 5), groups=_GROUPS, sub_id=st.integers(-1, 3)),
    max_size=12,
)


def _names(
    text: str, mtype: int, sub_id: int = -1, meid: str = "", own: str = ""
) -> list[tuple[str, ...]]:
    table = read_table(text, [own])
    return [group.names for group in table.groups(mtype, sub_id, meid)]


def _table(*records: str) -> str:
    return "\n".join(["newrt|start|t1", *records, "newrt|end", ""])


@given(ENTRIES, st.integers(0, 5), st.integers(-1, 3), st.sampled_from(["gnb_1", "gnb_2", ""]))
def test_a_written_table_routes_as_its_entries_say(
    entries: list[RouteEntry], mtype: int, sub_id: int, meid: str
) -> None:
    owners = {"gnb_1": "e2term:38000"}
    last = {(entry.sub_id, entry.mtype): entry for entry in entries}
    chosen = last.get((sub_id, mtype)) or last.get((-1, mtype))
    if chosen is None:
        expected = []
    elif chosen.groups:
        expected = list(chosen.groups)
    else:
        expected = [(owners[meid],)] if meid in owners else []
    assert _names(table_text(entries, owners), mtype, sub_id, meid) == expected


@given(ENTRIES)
def test_pieces_of_a_table_make_the_same_table(entries: list[RouteEntry]) -> None:
    text = table_text(entries, {"gnb_1": "e2term:38000"})
    pieces = list(batches(text, 200))
    assert all(len(piece.encode()) <= 200 and piece.endswith("\n") for piece in pieces)
    reader = RouteTableReader(())
    answers = [answer for piece in pieces for answer in reader.feed(piece)]
    assert answers == [TableAnswer("table"), TableAnswer("table")]
    assert reader.table == read_table(text)


@given(st.lists(ENTRIES, min_size=2, max_size=4))
def test_updates_end_where_the_full_table_would(steps: list[list[RouteEntry]]) -> None:
    reader = RouteTableReader(())
    reader.feed(table_text(steps[0]), managed=True)
    for before, after in itertools.pairwise(steps):
        routes = {(entry.sub_id, entry.mtype): entry for entry in before}
        removed = [routes[key] for key in routes.keys() - {(e.sub_id, e.mtype) for e in after}]
        assert reader.feed(update_text(after, removed), managed=True) == [TableAnswer("update")]
    assert reader.table == read_table(table_text(steps[-1]))


def test_records_are_read_as_loosely_as_librmr_reads_them() -> None:
    text = (
        "# comment|rte|9\r"
        "newrt | start | t1 # a comment\r\n"
        "  rte | 1 | a:1 , b:2 ; c:3   # to three\n"
        "rte|2|a:1|77\n"
        "mse | 3 , other:1 | 5 | a:1\n"
        "mse | 3 , me:1 | 6 | b:2\n"
        "\n"
        "newrt | end | 4\n"
    )
    assert _names(text, 1, own="me:1") == [("a:1", "b:2"), ("c:3",)]
    assert _names(text, 2, 77, own="me:1") == [("a:1",)]
    assert _names(text, 2, 78, own="me:1") == []
    assert _names(text, 3, 5, own="me:1") == []
    assert _names(text, 3, 6, own="me:1") == [("b:2",)]


def test_an_endpoint_does_not_send_to_itself() -> None:
    text = _table("rte|1|me:1,you:2;me:1", "rte|2|me:1")
    assert _names(text, 1, own="me:1") == [("you:2",)]
    assert _names(text, 2, own="me:1") == []


def test_endpoints_of_a_group_take_turns() -> None:
    (group,) = read_table(_table("rte|1|a:1,b:2,c:3")).groups(1)
    assert [group.in_turn()[0] for _ in range(6)] == ["a:1", "b:2", "c:3"] * 2
    assert group.in_turn() == ("a:1", "b:2", "c:3")


def test_a_table_takes_effect_at_its_end_and_not_before() -> None:
    reader = RouteTableReader(())
    reader.feed(_table("rte|1|a:1"))
    reader.feed("newrt|start\nrte|1|b:2\n")
    assert reader.table.groups(1)[0].names == ("a:1",)
    assert reader.feed("newrt|end|1\n") == [TableAnswer("")]
    assert reader.table.groups(1)[0].names == ("b:2",)


def test_a_wrong_count_refuses_the_table() -> None:
    reader = RouteTableReader(())
    reader.feed(_table("rte|1|a:1"))
    (answer,) = reader.feed("newrt|start|t2\nrte|1|b:2\nrte|2|b:2\nnewrt|end|3\n")
    assert answer == TableAnswer("t2", "missing table records: expected 3 got 2")
    assert reader.table.groups(1)[0].names == ("a:1",)


def test_records_for_other_senders_count() -> None:
    text = "newrt|start\nmse|1,other:1|-1|a:1\nnewrt|end|1\n"
    assert _names(text, 1, own="me:1") == []


def test_a_table_cut_short_by_another_is_told() -> None:
    reader = RouteTableReader(())
    answers = reader.feed("newrt|start|t1\nrte|1|a:1\n" + _table("rte|1|b:2"))
    assert answers == [TableAnswer("t1", "table not complete"), TableAnswer("t1")]


@pytest.mark.parametrize(
    "record",
    [
        "rte|one|a:1",
        "rte|1",
        "mse|1|x|a:1",
        "mse|1|a:1",
        "rte|1|noport",
        "rte|1|" + ",".join(f"h{n}:1" for n in range(33)),
        "rte|1|" + ";".join(f"h{n}:1" for n in range(65)),
        "del|x|1",
    ],
)
def test_a_record_that_makes_no_sense_refuses_its_table(record: str) -> None:
    with pytest.raises(RanwrightError, match=r"routes\.refused"):
        read_table(_table(record))


def test_text_without_a_table_is_refused() -> None:
    for text in ("", "rte|1|a:1\n", "newrt|start\nrte|1|a:1\n", "newrt|end\n"):
        with pytest.raises(RanwrightError, match=r"routes\.refused"):
            read_table(text)


def test_updates_count_only_on_a_route_managers_table() -> None:
    update = "updatert|start|u\nrte|2|b:2\nupdatert|end|1\n"
    seeded = RouteTableReader(())
    seeded.feed(_table("rte|1|a:1"))
    assert seeded.feed(update, managed=True) == []
    assert seeded.table.groups(2) == ()
    seeded.feed(_table("rte|1|a:1"), managed=True)
    assert seeded.feed(update, managed=True) == [TableAnswer("u")]
    assert [group.names for group in seeded.table.groups(2)] == [("b:2",)]
    assert seeded.table.groups(1) != ()


def test_owners_of_meids_outlive_a_new_table() -> None:
    reader = RouteTableReader(())
    reader.feed(_table("rte|1|%meid"))
    reader.feed(
        "meid_map|start|m\nmme_ar|e2a:1|g1 g2\nmme_ar|e2b:1|g3\nmme_del|g2\nmeid_map|end|3\n"
    )
    reader.feed(_table("mse|2|-1|%meid"))
    owner = {meid: reader.table.groups(2, -1, meid) for meid in ("g1", "g2", "g3")}
    assert [group.names for group in owner["g1"]] == [("e2a:1",)]
    assert owner["g2"] == ()
    assert [group.names for group in owner["g3"]] == [("e2b:1",)]


@given(st.text(alphabet="newrt|startdupmid_p%:,;#1 -\n\0", max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    reader = RouteTableReader(("me:1",))
    for answer in reader.feed(text, managed=True):
        assert answer.refusal is None or answer.refusal


@pytest.mark.parametrize(
    "entry",
    [
        RouteEntry(1, (("noport",),)),
        RouteEntry(1, (("a:1|b",),)),
        RouteEntry(1, (("a:1,b:2",),)),
        RouteEntry(1, (("a b:1",),)),
        RouteEntry(1, ((),)),
        RouteEntry(1, (("a:1",),), senders=("x\n:1",)),
    ],
)
def test_an_entry_that_would_break_the_text_is_refused(entry: RouteEntry) -> None:
    with pytest.raises(RanwrightError, match=r"routes\.bad_entry"):
        table_text([entry])


@pytest.mark.parametrize("meid", ["", "a b", "a|b", "a#b", "a\nb", "a\0b"])
def test_a_meid_that_would_break_the_text_is_refused(meid: str) -> None:
    with pytest.raises(RanwrightError, match=r"routes\.bad_entry"):
        table_text([], {meid: "e2:1"})
