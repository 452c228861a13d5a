from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from mcp import Client, StdioServerParameters

TICKET = "vpn drops every few minutes when i work from home"


def parameters(home: Path, *options: str) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["-m", "app", "--home", str(home), "mcp", *options])


async def _read(home: Path, mode: str) -> None:
    async with Client(parameters(home), mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"suggest", "similar_incidents", "search_articles", "gaps"}
        assert all(tool.output_schema and tool.annotations.read_only_hint for tool in tools.values())
        said = (await client.call_tool("suggest", {"description": TICKET})).structured_content
        assert said["fields"]["category"]["value"] == "VPN"
        assert said["similar_incidents"]
        found = (await client.call_tool("similar_incidents", {"text": TICKET, "limit": 3})).structured_content
        assert [one["kind"] for one in found["results"]] == ["incident"] * 3
        articles = (await client.call_tool("search_articles", {"query": "printer queue"})).structured_content
        assert articles["results"][0]["kind"] == "article"
        assert (await client.call_tool("gaps", {})).structured_content["total"] >= 0
        assert (await client.call_tool("correct", {"number": "1", "field": "category", "chosen": "x"})).is_error


def test_tools_read_with_and_without_handshake(sample_home: Path) -> None:
    for mode in ("auto", "legacy"):
        asyncio.run(_read(sample_home, mode))


async def _write(home: Path) -> None:
    async with Client(parameters(home, "--scope", "write")) as client:
        assert "correct" in {tool.name for tool in (await client.list_tools()).tools}
        decision = {"number": "INC0010001", "field": "category", "chosen": "Aquariums", "by": "ann"}
        assert (await client.call_tool("correct", decision)).structured_content == {"number": "INC0010001"}
        lost = await client.call_tool("correct", decision | {"number": "NOWHERE"})
        assert lost.is_error
        assert "no incident NOWHERE" in lost.content[0].text


def test_a_write_scope_lets_tools_correct(sample_copy: Path) -> None:
    asyncio.run(_write(sample_copy))


def test_the_stateless_protocol_answers_without_a_handshake(sample_home: Path) -> None:
    """What a client of the 2026-07-28 specification sends: no initialize, the version in each request."""
    about = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "bare", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    asked = {"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": about}}
    process = subprocess.run(
        [sys.executable, "-m", "app", "--home", str(sample_home), "mcp"],
        input=json.dumps(asked) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answer = json.loads(process.stdout.splitlines()[0])
    assert answer["id"] == 1
    assert "2026-07-28" in json.dumps(answer["result"])
