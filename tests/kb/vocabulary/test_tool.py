"""Files of tools: each says where its words come from."""

from __future__ import annotations

import pytest

from kb.records.incident import FIELD_NAMES
from kb.vocabulary.stage import Stage
from kb.vocabulary.tool import Tool, read_tools


@pytest.mark.parametrize("tool", read_tools(), ids=lambda tool: tool.name)
def test_every_tool_names_its_sources_and_only_fields_that_exist(tool: Tool) -> None:
    assert tool.sources
    assert all(source.startswith("https://") for source in tool.sources)
    assert set(tool.columns) <= set(FIELD_NAMES)


def test_a_number_means_what_its_tool_says() -> None:
    servicenow = next(tool for tool in read_tools() if tool.name == "ServiceNow")
    assert servicenow.stages["2"] is Stage.IN_PROGRESS
    assert servicenow.stages["6"].is_finished
    assert not servicenow.stages["6"].is_open
    assert not servicenow.stages["8"].is_finished
    assert not servicenow.stages["8"].is_open
