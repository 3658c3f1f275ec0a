"""The README's story, as it is printed, pasted into a shell."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.timeout(120)
def test_the_story_can_be_pasted(start_server):
    story = re.search(r"<!-- story -->\n```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
    server = start_server(buckets=ROOT / "examples" / "buckets")
    assert "127.0.0.1:4566" in story
    story = story.replace("127.0.0.1:4566", f"127.0.0.1:{server.port}")
    bin_folder = Path(sys.executable).parent
    shell = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", story],
        env=os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}", "AWS_PAGER": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert shell.returncode == 0, shell.stderr
    assert '"Value": "/new"' in shell.stdout
    assert '"ItemCount": 4' in shell.stdout
    # The function was tested, and has read what was imported.
    output = json.loads(re.search(r'"FunctionOutput": (".*")', shell.stdout)[1])
    response = json.loads(output)["response"]
    assert (response["statusCode"], response["headers"]["location"]["value"]) == (301, "/new")
