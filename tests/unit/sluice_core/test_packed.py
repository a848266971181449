"""Objects that are kept small come back as they were, but for what is not ours to know."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sluice_core.packed import Manifests, Packed

OURS = {"manager": "sluice", "operation": "Apply", "fieldsV1": {"f:spec": {}}}
THEIRS = {"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": {}}


def an_object(name: str = "a", **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": "7"}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": 1}, **fields}


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=8), json))
def test_what_was_packed_comes_back(spec: dict[str, Any]) -> None:
    given = an_object(spec=spec)

    kept = Packed.of(given)

    assert kept.unpack() == given
    assert dict(kept) == {"kind": given["kind"], "metadata": given["metadata"]}


def test_of_managed_fields_what_we_applied_stays() -> None:
    given = an_object()
    given["metadata"]["managedFields"] = [THEIRS, OURS]

    found = Packed.of(given).unpack()

    assert found["metadata"]["managedFields"] == [OURS]


def test_an_object_of_the_cluster_has_no_namespace() -> None:
    given = an_object()
    del given["metadata"]["namespace"]

    assert (Packed.of(given)["metadata"], len(Packed.of(given))) == (given["metadata"], 2)


def test_objects_of_one_name_share_it() -> None:
    one, other = Packed.of(an_object("a-b")), Packed.of(an_object("-".join("ab"), kind="Gadget"))

    assert one.name is other.name


def test_many_objects_that_are_alike_take_little_room() -> None:
    labels = {f"key-{n}": f"value-{n}" for n in range(100)}

    kept = [Packed.of(an_object(f"a-{n}", kind="Widget", labels=labels)) for n in range(10)]

    assert max(one.size for one in kept) < 200


def test_manifests_by_key_are_parsed_anew_each_time() -> None:
    kept = Manifests()
    kept["shop", "a"] = an_object("a")

    kept["shop", "a"]["spec"]["replicas"] = 9

    assert kept["shop", "a"] == an_object("a")
    assert (list(kept), kept.get(("shop", "b")), kept.pop(("shop", "a"))["kind"], len(kept)) == (
        [("shop", "a")],
        None,
        "Deployment",
        0,
    )
