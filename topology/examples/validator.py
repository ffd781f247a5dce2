#!/usr/bin/python3
"""Mendline's validator in Python: decides by the policy file whether a machine may deal with an incident, and how.

It knows all of the policy but patterns in `description` that hold * or ?, and says so at the start.
"""

import argparse
import os
import re
import sys
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase

import yaml

from stage import Stage

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
DEFAULTS = {"timeout": "10m", "deadline": "15m", "retention": "10m", "provision_within": "5m"}


def seconds(text):
    return int(text.rstrip("msdh")) * UNITS[text.lstrip("0123456789")]


def words(text):
    return " " + " ".join(re.findall(r"[\w-]+", text.lower())) + " "


def mentions(description, wanted):
    """A word may end in `*`; else the same words must follow each other."""
    return (f" {wanted[:-1].lower()}" if wanted.endswith("*") else words(wanted)) in words(description)


class Playbook:
    def __init__(self, entry, template):
        self.name, self.match = entry["name"], entry.get("match", {})
        self.template = entry.get("template", template)
        self.parameters = {name: str(text) for name, text in entry.get("parameters", {}).items()}
        self.times = {name: seconds(entry.get(name, default)) for name, default in DEFAULTS.items()}
        for wanted in self.match.get("description", []):
            if re.search(r"[*?]", wanted.removesuffix("*")) or (wanted.endswith("*") and " " in wanted):
                sys.exit(f"playbook {self.name}: the description pattern `{wanted}` is not known here; use words")

    def mismatches(self, incident):
        """Everything that speaks against this playbook."""
        found, service, labels = [], incident["service_name"], incident.get("labels", {})
        services = self.match.get("services", [])
        if services and not any(fnmatchcase(service, glob.replace("[", "[[]")) for glob in services):
            found.append(f"service {service} is none of {', '.join(services)}")
        severities = [severity.lower() for severity in self.match.get("severities", [])]
        if severities and incident["severity"].lower() not in severities:
            found.append(f"severity {incident['severity']} is none of {', '.join(severities)}")
        for name, glob in self.match.get("labels", {}).items():
            if name not in labels or not fnmatchcase(labels[name], glob.replace("[", "[[]")):
                found.append(f"label {name} is {labels.get(name, 'missing')}; it must match {glob}")
        wanted = self.match.get("description", [])
        if wanted and not any(mentions(incident["description"], text) for text in wanted):
            found.append(f"the description mentions none of {', '.join(wanted)}")
        for name, text in self.parameters.items():
            for label in re.findall(r"\{labels\.([^}]+)\}", text):
                if label not in labels:
                    found.append(f"parameter {name} needs label {label}, which is missing")
        return found

    def filled(self, incident):
        places = {f"labels.{name}": value for name, value in incident.get("labels", {}).items()}
        places |= {name: incident[name] for name in ("incident_id", "service_name", "severity", "description")}
        places |= {"{{": "{", "}}": "}"}
        pattern = r"\{\{|\}\}|\{([^{}]+)\}"
        return {
            name: re.sub(pattern, lambda found: places[found[1] or found[0]], text)
            for name, text in self.parameters.items()
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topology", default="topology/local.yaml")
    parser.add_argument("--data", help="not used")
    options = parser.parse_args()
    topology = yaml.safe_load(open(options.topology))
    path = os.environ.get("MENDLINE_POLICY") or os.path.join(os.path.dirname(options.topology), topology["policy"])
    policy = yaml.safe_load(open(path))
    severities = [severity.lower() for severity in policy["severities"]]
    template = topology.get("coder", {}).get("template", "remediation")
    playbooks = [Playbook(entry, template) for entry in policy["playbooks"]]

    def decide(message, _):
        incident = message["data"]["incident"]
        reasons = []
        if incident["severity"].lower() not in severities:
            why = f"Severity {incident['severity']} is not remediated automatically; allowed are {', '.join(severities)}."
            reasons.append({"code": "severity_not_allowed", "message": why})
        against = {playbook.name: playbook.mismatches(incident) for playbook in playbooks}
        taking = next((playbook for playbook in playbooks if not against[playbook.name]), None)
        if taking is None:
            why = "; ".join(f"{name} ({', '.join(found)})" for name, found in against.items())
            reasons.append({"code": "no_playbook", "message": f"No playbook takes this incident: {why}."[:2000]})
        else:
            accepted = datetime.fromisoformat(message["context"]["accepted_at"])
            deadline = accepted + timedelta(seconds=taking.times["deadline"])
            if deadline <= datetime.now(timezone.utc):
                reasons.append({"code": "too_old", "message": f"It had to be done by {deadline}; send it anew."})
        if reasons:
            return [{"type": "incident.declined", "data": {"reasons": reasons}}]
        plan = {
            "playbook": taking.name, "template": taking.template, "parameters": taking.filled(incident),
            "timeout_s": int(taking.times["timeout"]), "retention_s": int(taking.times["retention"]),
            "provision_s": int(taking.times["provision_within"]),
            "deadline": deadline.isoformat(timespec="milliseconds"),
        }
        return [{"type": "incident.approved", "data": {"plan": plan}}]

    Stage(["incident.accepted"], decide).run()


if __name__ == "__main__":
    main()
