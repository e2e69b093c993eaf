"""The official MCP client over HTTP and stdio: `mcp_client.py BASE KEY COMMAND…`."""

import asyncio
import importlib.metadata
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

base, key, *command = sys.argv[1:]


async def use(name: str, server, mode: str) -> None:
    async with Client(server, mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert sorted(tools) == ["ask", "compute_rule", "get_article", "search_articles"], sorted(tools)
        # The client holds every structured result to the tool's output schema.
        assert all(tool.output_schema for tool in tools.values())
        told = await client.call_tool("ask", {"question": "深圳断缴4个月,工资8000,按10%怎么补"})
        answer = told.structured_content
        assert not told.is_error and answer["computed"][0]["results"]["amount"] == "3200.00", told
        assert "3200.00" in told.content[0].text
        found = await client.call_tool("search_articles", {"query": "断缴怎么补", "limit": 1})
        article = found.structured_content["hits"][0]["article"]
        whole = await client.call_tool("get_article", {"id": article})
        assert whole.structured_content["text"]
        facts = {"principal": 3000, "days": [60, 90]}
        table = await client.call_tool("compute_rule", {"rule": "late_fee", "facts": facts})
        assert [row["computed"]["results"]["late_fee"] for row in table.structured_content["rows"]] == ["90.00", "135.00"]
        wrong = await client.call_tool("ask", {"question": "断缴", "region": "火星"})
        assert wrong.is_error and "火星" in wrong.content[0].text, wrong
    print(f"mcp {importlib.metadata.version('mcp')}: {name}, {mode}")


async def main() -> None:
    for mode in ("auto", "legacy"):
        headers = {"authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(headers=headers, trust_env=False) as http:
            await use("HTTP", streamable_http_client(base + "/mcp", http_client=http), mode)
        await use("stdio", StdioServerParameters(command=command[0], args=command[1:]), mode)


asyncio.run(main())
