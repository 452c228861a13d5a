from __future__ import annotations

from kb.authoring.editing import ArticleEditing
from kb.curation.findings import Findings
from kb.curation.workbench import Workbench
from kb.records.incident import Incident
from kb.records.life_cycle import Role
from kb.retrieval.memory import Memory
from kb.storage.erasure import erase
from kb.storage.incident_store import IncidentStore
from tests.conftest import printers_and_vpn


def content(findings: Findings) -> object:
    kept = findings.kept("worklist")
    return None if kept is None else kept.content


def test_facts_are_those_of_the_last_run_and_none_once_that_is_forgotten(memory: Memory) -> None:
    store = memory.store
    workbench = Workbench(memory, ArticleEditing(store, Role.CANDIDATE))
    assert workbench.facts() == []
    store.put_incidents(printers_and_vpn(1))
    workbench.refresh()
    assert workbench.facts() is workbench.facts()
    assert {one.number for one in workbench.facts()} == {"P0", "V0"}
    store.put_incidents([Incident("INC1", "the fax is dead", caller="Ada Brinkhoff", state="closed")])
    workbench.refresh()
    assert {one.number for one in workbench.facts()} == {"P0", "V0", "INC1"}
    erase(store.database, "Ada Brinkhoff")
    assert workbench.facts() == []


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
