from __future__ import annotations

from kb.curation.findings import Findings
from kb.records.incident import Incident
from kb.storage.erasure import erase
from kb.storage.incident_store import IncidentStore


def content(findings: Findings) -> object:
    kept = findings.kept("worklist")
    return None if kept is None else kept.content


def test_findings_of_an_older_revision_do_not_replace_newer_ones(store: IncidentStore) -> None:
    findings = Findings(store.database)
    findings.put("worklist", ["new"], 7)
    findings.put("worklist", ["old"], 6)
    assert content(findings) == ["new"]
    findings.put("worklist", ["newest"], 8)
    assert content(findings) == ["newest"]


def test_what_curation_read_before_somebody_was_erased_is_not_kept(store: IncidentStore) -> None:
    store.put_incidents([Incident("INC1", "the fax is dead", caller="Ada Brinkhoff")])
    findings, before = Findings(store.database), store.revision()
    findings.put("worklist", ["Ada Brinkhoff"], before)
    erase(store.database, "Ada Brinkhoff")
    assert content(findings) is None
    findings.put("worklist", ["Ada Brinkhoff"], before)
    assert content(findings) is None
    findings.put("worklist", ["nobody"], store.revision())
    assert content(findings) == ["nobody"]
