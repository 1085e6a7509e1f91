"""What a table says of what made it."""

import json
from types import SimpleNamespace

import numpy as np
from snakemake.iocontainers import Params, Wildcards

from synthgap.provenance import made_by, metadata


def test_a_script_names_the_wildcards_and_parameters_that_were_asked_for():
    snakemake = SimpleNamespace(
        config={"study": "tiny"},
        wildcards=Wildcards(fromdict={"encoder": "clip", "source": "disamb"}),
        params=Params(fromdict={"n": 6, "encoder": {"kind": "clip"}, "code": "abc"}),
    )
    found = made_by(snakemake, ["numpy"], "encoder", "source", "n", model="m@1")
    expected = {"encoder": "clip", "source": "disamb", "n": 6, "model": "m@1"}
    assert found == metadata("tiny", "abc", ["numpy"], **expected)
    assert json.loads(found["spec"]) == expected
    assert json.loads(found["versions"]) == {"numpy": np.__version__}
