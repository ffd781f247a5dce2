#!/usr/bin/python3
"""Two stages between validator and provisioner, each in two versions, for a rolling upgrade under load.

VERSION=1: `reviewer` causes incident.reviewed, and `approver` knows only that. VERSION=2: `reviewer` causes
incident.reviewed.v2, which has another shape, and `approver` knows both.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "topology" / "examples"))

from stage import NAME, Stage  # noqa: E402

VERSION = int(os.environ["VERSION"])


def review(message, _):
    if VERSION == 1:
        return [{"type": "incident.reviewed", "data": {"by": "one"}}]
    return [{"type": "incident.reviewed.v2", "data": {"reviewers": ["one", "two"]}}]


def approve(message, _):
    by = [message["data"]["by"]] if message["type"] == "incident.reviewed" else message["data"]["reviewers"]
    return [{"type": "incident.confirmed", "data": {"reviewers": by, "version": VERSION}}]


if NAME == "reviewer":
    Stage(["incident.approved"], review).run()
else:
    Stage(["incident.reviewed"] + (["incident.reviewed.v2"] if VERSION == 2 else []), approve).run()
